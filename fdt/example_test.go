package fdt_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// A tree is built, made a blob, read back, edited and printed.
func Example() {
	tree := fdt.New()
	tree.Root.Set("model", fdt.Strings("example"))
	tree.Root.Add("memory@0").Set("reg", fdt.Cells64(0, 512<<20))
	blob, err := tree.Marshal()
	if err != nil {
		fmt.Println(err)
		return
	}

	tree, err = fdt.Parse(blob)
	if err != nil {
		fmt.Println(err)
		return
	}
	tree.Root.Add("chosen").Set("bootargs", fdt.Strings("console=ttyAMA0"))
	fmt.Print(tree)
	// Output:
	// /dts-v1/;
	//
	// / {
	// 	model = "example";
	//
	// 	memory@0 {
	// 		reg = <0x0 0x0 0x0 0x20000000>;
	// 	};
	//
	// 	chosen {
	// 		bootargs = "console=ttyAMA0";
	// 	};
	// };
}
