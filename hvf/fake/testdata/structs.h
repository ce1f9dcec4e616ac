/* The structs of the C interface; abi.h checks their layouts. */
typedef struct {
	u32 reason;
	struct {
		u64 syndrome;
		u64 virtual_address;
		u64 physical_address;
	} exception;
} hv_vcpu_exit_t;

typedef struct {
	bool streaming_sve_mode_enabled;
	bool za_storage_enabled;
} hv_vcpu_sme_state_t;
