import ipaddr from "ipaddr.js";

/**
 * The network a client is in: /24 of IPv4, /64 of IPv6. An IPv4 address in IPv6 form counts as IPv4, however it is written, and so does one that a translator in
 * front of an IPv6 network wrote so (RFC 6052, RFC 7915): all of IPv4 would be one /64. Everything that is not an address is in one network.
 */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return "unknown";
  const address = untranslated(ipaddr.process(ip));
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join(".")}.0/24`;
  return `${address.parts
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

function untranslated(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || !["rfc6052", "rfc6145"].includes(address.range())) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}
