package a64

// decodeScalarFP returns the code of a scalar floating-point instruction.
func decodeScalarFP(w uint32, op *Op) Code { return Undefined }
