import ipaddr from "ipaddr.js";

/**
 * The network a client is in: /24 of IPv4, /64 of IPv6. An IPv4 address in IPv6 form counts as IPv4, however it is written. Everything that is not an
 * address is in one network.
 */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return "unknown";
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join(".")}.0/24`;
  return `${address.parts
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}
