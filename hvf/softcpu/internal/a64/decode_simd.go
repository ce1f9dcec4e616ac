package a64

// decodeSIMD returns the code of an Advanced SIMD or crypto instruction.
func decodeSIMD(w uint32, op *Op) Code { return Undefined }
