// A program for a Java virtual machine that keeps its compilers and its collector busy. Each line that it prints depends
// on the work before it, and on nothing of the machine.
import java.lang.invoke.*;
import java.lang.reflect.Proxy;
import java.math.*;
import java.nio.*;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.function.*;
import java.util.regex.*;
import java.util.stream.*;
import java.util.zip.*;

public class Storm {
    static final Random random = new Random(1);
    sealed interface Shape permits Circle, Square, Sum {}
    record Circle(double r) implements Shape {}
    record Square(double a) implements Shape {}
    record Sum(List<Shape> of) implements Shape {}

    static double area(Shape s) {
        if (s instanceof Circle c) return Math.PI * c.r * c.r;
        if (s instanceof Square q) return q.a * q.a;
        return ((Sum) s).of.stream().mapToDouble(Storm::area).sum();
    }

    static void print(Object... values) { System.out.println(Stream.of(values).map(String::valueOf).collect(Collectors.joining(" "))); }

    static void numbers() {
        int[] ints = random.ints(20000).toArray();
        for (int round = 1; round < 400; round++)
            for (int i = 1; i < ints.length; i++) ints[i] = (ints[i] + round) * 31 ^ Integer.rotateLeft(ints[i - 1], round) / (i | 1);
        print("ints", Arrays.hashCode(ints), Arrays.stream(ints).map(Integer::bitCount).sum(),
            Arrays.stream(ints).mapToLong(i -> (long) i * i % 1000003).sum());
        double[] d = random.doubles(5000).toArray();
        for (int round = 0; round < 100; round++)
            for (int i = 0; i < d.length; i++) d[i] = Math.fma(d[i], 1.0001, StrictMath.sin(d[i] + i)) * 0.99;
        Arrays.sort(d);
        print("doubles", d[0], d[2500], (float) d[4999], (int) (d[17] * 1e10), (long) (d[17] * 1e19),
            Arrays.hashCode(d), Math.sqrt(d[4999]), StrictMath.pow(d[4999], 3.3));
        BigInteger f = BigInteger.ONE;
        for (int i = 1; i < 1200; i++) f = f.multiply(BigInteger.valueOf(i));
        print("big", f.bitLength(), f.mod(BigInteger.TWO.pow(521).subtract(BigInteger.ONE)), f.sqrt().hashCode(),
            BigInteger.valueOf(3).modPow(f, BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19))));
        BigDecimal e = BigDecimal.ONE, term = BigDecimal.ONE;
        for (int i = 1; i < 200; i++) e = e.add(term = term.divide(BigDecimal.valueOf(i), new MathContext(300)));
        print("e", e.setScale(280, RoundingMode.HALF_EVEN));
    }

    static void text() throws Exception {
        var words = random.ints(4000, 0, 1 << 20).mapToObj(i -> Integer.toString(i, 36)).collect(Collectors.toList());
        var line = String.join(" ", words);
        for (var r : List.of("(\\w)\\1", "\\b[a-m]+\\d\\b", "(?<=a)[bc]?\\d{1,2}", "([a-z]+)(\\d+)\\s\\2", "\\S*z(?!\\d)")) {
            var m = Pattern.compile(r).matcher(line);
            print(r, m.results().count(), m.replaceAll("<$0>").hashCode());
        }
        words.sort(Comparator.comparing(String::length).thenComparing(Comparator.reverseOrder()));
        print(words.subList(0, 40),
            String.format("%08.3f|%+,d|%x|%s", Math.E * 1000, 123456789, 48879, Optional.of("x")));
        byte[] bytes = line.repeat(20).getBytes(StandardCharsets.UTF_16BE);
        for (var name : List.of("MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256"))
            print(name, HexFormat.of().formatHex(MessageDigest.getInstance(name).digest(bytes)));
        var crc = new CRC32C();
        crc.update(bytes);
        var packed = new Deflater(9);
        packed.setInput(bytes);
        packed.finish();
        print("crc", crc.getValue(), packed.deflate(new byte[bytes.length]),
            Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, 60)), ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(8));
    }

    static int recurse(int n) { return n == 0 ? 1 / n : recurse(n - 1) + 1; }
    static int forever(int n) { return forever(n + 1) + 1; }

    static void exceptions() {
        var counts = new TreeMap<String, Integer>();
        Object[] things = {"text", 1, null, 2.5, new int[3]};
        for (int i = 0; i < 60000; i++) {
            try {
                Object o = things[i % 7];
                if (i % 5 == 0) recurse(i % 50);
                counts.merge(o.getClass().getSimpleName() + ((String) o).length(), 1, Integer::sum);
            } catch (RuntimeException e) { counts.merge(e.getClass().getSimpleName(), 1, Integer::sum); }
        }
        for (int i = 0; i < 3; i++) try { forever(0); } catch (StackOverflowError e) { counts.merge("overflow", 1, Integer::sum); }
        print(counts);
    }

    // Each proxy is of a class of its own, because each has its own loader.
    static void classes() throws Throwable {
        MethodHandle add = MethodHandles.lookup().findVirtual(BigInteger.class, "add", MethodType.methodType(BigInteger.class, BigInteger.class));
        BigInteger sum = BigInteger.ZERO;
        for (int i = 0; i < 200; i++) {
            MethodHandle bound = MethodHandles.insertArguments(add, 1, BigInteger.valueOf(i));
            for (int k = 0; k < 200; k++) sum = (BigInteger) bound.invoke(sum);
            int n = i;
            var f = (IntBinaryOperator) Proxy.newProxyInstance(new ClassLoader() {}, new Class<?>[] {IntBinaryOperator.class},
                (p, m, a) -> (int) a[0] * n + (int) a[1]);
            for (int k = 0; k < 200; k++) sum = sum.add(BigInteger.valueOf(f.applyAsInt(k, n)));
        }
        print("classes", sum);
    }

    static void threads() throws Exception {
        var pool = Executors.newFixedThreadPool(4);
        var map = new ConcurrentHashMap<Integer, LongAdder>();
        var jobs = IntStream.range(0, 16).<Callable<Long>>mapToObj(j -> () -> {
            var garbage = new ArrayDeque<int[]>();
            long sum = 0;
            for (int i = 0; i < 20000; i++) {
                garbage.add(new int[i % 300 + 1]);
                if (garbage.size() > 50) sum += garbage.remove().length;
                map.computeIfAbsent(i * j % 97, k -> new LongAdder()).add(i);
            }
            return sum;
        }).toList();
        long total = 0;
        for (var result : pool.invokeAll(jobs)) total += result.get();
        pool.shutdown();
        print("threads", total, new TreeMap<>(map));
        print("parallel", IntStream.range(2, 60000).parallel()
            .filter(n -> IntStream.rangeClosed(2, (int) Math.sqrt(n)).noneMatch(d -> n % d == 0)).asLongStream().sum());
        var shapes = IntStream.range(0, 30000).mapToObj(i ->
            i % 3 == 0 ? new Circle(i) : i % 3 == 1 ? new Square(i) : new Sum(List.of(new Circle(1), new Square(i)))).collect(Collectors.<Shape>toList());
        print("shapes", area(new Sum(shapes)), shapes.hashCode(),
            shapes.stream().collect(Collectors.groupingBy(s -> s.getClass().getSimpleName(), TreeMap::new, Collectors.counting())));
    }

    public static void main(String[] args) throws Throwable {
        numbers();
        text();
        exceptions();
        classes();
        threads();
    }
}
