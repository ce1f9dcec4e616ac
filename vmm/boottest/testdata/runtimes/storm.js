// A program for Node.js that keeps its compilers busy: code is made, run, thrown away and made again. Each line that it
// prints depends on the work before it, and on nothing of the machine.
'use strict';
const crypto = require('crypto');
const zlib = require('zlib');
const { Worker } = require('worker_threads');

let seed = 1;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 4294967296;
const digest = data => crypto.createHash('sha256').update(data).digest('hex');

function typedArrays() {
  for (const Type of [Int8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, Float64Array, BigInt64Array]) {
    const big = Type === BigInt64Array, a = new Type(4096);
    for (let round = 0; round < 40; round++)
      for (let i = 0; i < a.length; i++) a[i] = big ? a[i] * 31n + BigInt(i ^ round) : a[i] * 1.25 + (i ^ round) * random();
    a.sort();
    console.log(Type.name, String(a[0]), String(a[2048]), String(a[4095]), digest(new Uint8Array(a.buffer)));
  }
}

function doubles() {
  for (const f of ['sin', 'cos', 'tan', 'exp', 'log', 'cbrt', 'atan', 'sinh', 'expm1', 'log2', 'sqrt', 'fround', 'trunc', 'round'])  {
    let sum = 0;
    for (let i = 1; i < 20000; i++) sum += Math[f](i / 1000) / i;
    console.log(f, sum, sum | 0, (sum * 1e9) >>> 3, sum.toFixed(10), sum.toString(36));
  }
}

// Each function is compiled for numbers first, and has to be thrown away for strings, objects and doubles.
function madeFunctions() {
  for (let n = 0; n < 300; n++) {
    const f = new Function('a', 'b', `let s = a; for (let i = 0; i < ${n + 200}; i++) s = s + (b * ${n} - (i & ${n})); return s;`);
    const results = [f(1, 2), f(0.5, n), f(-0, -1.5), f('x', 1).length, f({ valueOf: () => n }, true), f(2 ** 31, 2 ** 31)];
    if (n % 10 === 0) console.log('function', n, results.join(' '));
  }
}

function bigInts() {
  let a = 1n, b = 1n;
  for (let i = 0; i < 3000; i++) [a, b] = [b, a + b];
  console.log('fibonacci', a.toString(), (b ** 3n % (2n ** 127n - 1n)).toString(16), BigInt.asIntN(64, a), a / (b >> 900n));
}

function text() {
  const words = Array.from({ length: 3000 }, () => Math.floor(random() * 1e6).toString(36));
  const line = words.join(' ');
  for (const r of [/(\w)\1/g, /\b[a-m]+\d\b/g, /(?<=a)(?:b|c)?\d{1,2}/g, /([a-z]+)(\d+)\s\2/g, /[^\s]*z(?!\d)/gi])
    console.log(String(r), (line.match(r) || []).length, digest(line.replace(r, '<$&>')));
  const json = JSON.stringify(words.map((w, i) => ({ w, i, deep: { half: i / 2, list: [w.length, null, i % 3 === 0] } })));
  console.log('json', json.length, digest(json), JSON.stringify(JSON.parse(json)) === json);
  console.log('sorted', words.sort((x, y) => x.length - y.length || (x < y ? 1 : -1)).slice(0, 40).join());
  const packed = zlib.deflateSync(json.repeat(3), { level: 9 });
  console.log('zlib', packed.length, digest(zlib.inflateSync(packed)));
}

function exceptions() {
  let caught = 0, deepest = 0;
  const thrower = n => { if (n % 3 === 0) throw new RangeError('at ' + n); return n === 0 ? 0 : thrower(n - 1); };
  const recurse = n => { deepest = n; recurse(n + 1); };
  for (let i = 0; i < 20000; i++) try { thrower(i % 7); } catch (e) { caught += e.message.length; } finally { caught++; }
  for (let i = 0; i < 5; i++) try { recurse(0); } catch (e) { console.log(e instanceof RangeError, deepest > 1000, caught); }
  try { null.property; } catch (e) { console.log(e.message); }
}

function collections() {
  const map = new Map(), set = new Set();
  for (let i = 0; i < 100000; i++) {
    const key = Math.floor(random() * 5000);
    map.set('k' + key, { previous: map.get('k' + key)?.count, count: (map.get('k' + key)?.count || 0) + 1 });
    if (!set.delete(key)) set.add(key);
  }
  console.log('map', map.size, set.size, [...map].slice(0, 20).map(([k, v]) => k + ':' + v.count).join());
}

function* primes() { next: for (let n = 2; ; n++) { for (let d = 2; d * d <= n; d++) if (n % d === 0) continue next; yield n; } }

// func (param i32 n) (result i32): the sum of i * i over i < n
const wasm = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 35, 1, 33, 1, 2, 127,
  3, 64, 32, 1, 32, 2, 32, 2, 108, 106, 33, 1, 32, 2, 65, 1, 106, 33, 2, 32, 2, 32, 0, 72, 13, 0, 11, 32, 1, 11);

// Two threads and this one add to a shared counter.
async function threads() {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const code = `const { workerData: a } = require('worker_threads'); for (let i = 0; i < 50000; i++) { Atomics.add(a, 0, i); a.slice(); }`;
  const workers = [1, 2].map(() => new Worker(code, { eval: true, workerData: shared }));
  for (let i = 0; i < 50000; i++) Atomics.sub(shared, 0, i & 3);
  await Promise.all(workers.map(w => new Promise((resolve, reject) => w.on('exit', resolve).on('error', reject))));
  console.log('threads', Atomics.load(shared, 0));
}

async function main() {
  for (const work of [typedArrays, doubles, madeFunctions, bigInts, text, exceptions, collections]) work();
  let sum = 0;
  for (const p of primes()) if ((sum += p) > 10000000) { console.log('primes', p, sum); break; }
  for (let n = 1; n < 3000000; n *= 7) console.log('wasm', n, (await WebAssembly.instantiate(wasm)).instance.exports.f(n));
  await threads();
  console.log(crypto.pbkdf2Sync('password', 'salt', 2000, 32, 'sha512').toString('hex'));
  const cipher = crypto.createCipheriv('aes-256-gcm', Buffer.alloc(32, 1), Buffer.alloc(12, 2));
  console.log(digest(Buffer.concat([cipher.update(Buffer.alloc(300000, 3)), cipher.final(), cipher.getAuthTag()])));
}
main();
