// Runs the address translations that at_vectors_test.go makes up, under
// qemu-system-aarch64 at EL2, where the EL1&0 registers can be set freely.
// A record is eight doublewords: SCTLR, TCR, TTBR0, TTBR1, MAIR, VA, which AT,
// and room for PAR, which is 0xffff if a table is not in memory. The first record is their number.
    .global _start
_start:
    mov  x0, #0x80000000      // HCR_EL2.RW
    msr  hcr_el2, x0
    adr  x0, vectors
    msr  vbar_el2, x0
    mov  x9, #0x41000000
    ldr  x10, [x9], #64       // number of cases
1:  ldp  x0, x1, [x9]
    ldp  x2, x3, [x9, #16]
    ldp  x4, x5, [x9, #32]
    ldr  x6, [x9, #48]
    msr  sctlr_el1, x0
    msr  tcr_el1, x1
    msr  ttbr0_el1, x2
    msr  ttbr1_el1, x3
    msr  mair_el1, x4
    isb
    cbz  x6, 2f
    cmp  x6, #2
    b.lo 3f
    b.eq 4f
    at   s1e0w, x5
    b    5f
2:  at   s1e1r, x5
    b    5f
3:  at   s1e1w, x5
    b    5f
4:  at   s1e0r, x5
5:  isb
    mrs  x7, par_el1
6:  str  x7, [x9, #56]
    add  x9, x9, #64
    subs x10, x10, #1
    b.ne 1b
    adr  x1, open
    mov  w0, #1
    hlt  #0xf000
    mov  x2, x0
    adr  x1, write
    str  x2, [x1]
    mov  x3, #0x41000000
    ldr  x4, [x3]
    add  x4, x4, #1
    lsl  x4, x4, #6
    str  x3, [x1, #8]
    str  x4, [x1, #16]
    mov  w0, #5
    hlt  #0xf000
    adr  x1, exit
    mov  w0, #0x18
    hlt  #0xf000
    .balign 0x800
vectors:
    .skip 0x200               // an exception of ours: a table is not in memory
    mov  x7, #0xffff
    b    6b
    .balign 8
open: .quad name, 5, 7
write: .quad 0,0,0
exit: .quad 0x20026, 0
name: .asciz "par.bin"
