/**
 * capset(2): what a tracee has us say in it.
 *
 * @see https://man7.org/linux/man-pages/man2/capset.2.html
 */
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
const LOW = 0xffffffffn;

export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

/** struct __user_cap_header_struct, of whoever calls, and two of struct __user_cap_data_struct. */
export function encodeCapabilities(sets: CapabilitySets): { header: Buffer; data: Buffer } {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  [sets.effective, sets.permitted, sets.inheritable].forEach((set, index) => {
    data.writeUInt32LE(Number(set & LOW), index * 4);
    data.writeUInt32LE(Number(set >> 32n), 12 + index * 4);
  });
  return { header, data };
}
