// Nil checks by fault in eight goroutines, which Go turns into panics.
package main

import (
	"fmt"
	"sync"
)

type node struct{ value int }

func read(p *node) (result int) {
	defer func() {
		if recover() != nil {
			result = 1
		}
	}()
	return p.value
}

func main() {
	var all sync.WaitGroup
	sums := make([]int, 8)
	for i := range sums {
		all.Add(1)
		go func(own int) {
			defer all.Done()
			kept := map[int][]byte{}
			for j := 0; j < 20000; j++ {
				kept[j%300] = make([]byte, j%500)
				if j%100 == 0 {
					sums[own] += read(nil)
				}
			}
		}(i)
	}
	all.Wait()
	fmt.Println("total", sums)
}
