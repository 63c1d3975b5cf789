/**
 * struct sockaddr as text.
 *
 * Source: ip(7), ipv6(7), unix(7), vsock(7).
 */
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_VSOCK = 40;

/** `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@x`; undefined: it has no name, or a strange one. */
export function formatAddress(address: Buffer): string | undefined {
  const family = address.length < 2 ? 0 : address.readUInt16LE(0);
  if (family === AF_UNIX) return formatPath(address.subarray(2));
  if (family === AF_INET && address.length >= 8) {
    return `${address.subarray(4, 8).join('.')}:${address.readUInt16BE(2)}`;
  }
  if (family === AF_INET6 && address.length >= 24) {
    return `[${formatIpv6(address.subarray(8, 24))}]:${address.readUInt16BE(2)}`;
  }
  if (family === AF_VSOCK && address.length >= 12) {
    return `vsock ${address.readUInt32LE(8)}:${address.readUInt32LE(4)}`;
  }
  return undefined;
}

/** A path, or an abstract name, which begins with NUL. */
function formatPath(name: Buffer): string | undefined {
  if (name.length === 0) return undefined;
  if (name[0] === 0) return `@${name.toString('latin1', 1)}`;
  const end = name.indexOf(0);
  return name.toString('latin1', 0, end < 0 ? name.length : end);
}

/** RFC 5952, but for the addresses that have IPv4 ones in them. */
function formatIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    bytes.readUInt16BE(index * 2).toString(16),
  );
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)];
  const [longest] = runs.sort((one, other) => other[0].length - one[0].length);
  if (longest === undefined) return groups.join(':');
  const text = groups.join(':');
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
