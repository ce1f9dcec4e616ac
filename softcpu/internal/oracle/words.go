package oracle

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

// ReadWords reads a file of instruction words, one hexadecimal number per line, as command
// bootwords writes it.
func ReadWords(name string) ([]uint32, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("oracle: %w", err)
	}
	defer f.Close()
	var words []uint32
	s := bufio.NewScanner(f)
	for s.Scan() {
		w, err := strconv.ParseUint(s.Text(), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("oracle: %s: %q is no instruction word: %w", name, s.Text(), err)
		}
		words = append(words, uint32(w))
	}
	if len(words) == 0 && s.Err() == nil {
		return nil, fmt.Errorf("oracle: %s: no words, give one hexadecimal number a line", name)
	}
	return words, s.Err()
}
