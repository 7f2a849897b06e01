import ipaddr from "ipaddr.js";

const globalIpv6 = ipaddr.parseCIDR("2000::/3");

/** In no range of IANA's special-purpose registries (RFC 6890); of IPv6, global unicast alone (RFC 4291, 2.5.4). */
export function isPublicAddress(text: string): boolean {
  const address = ipaddr.process(text);
  return address.range() === "unicast" && (address.kind() === "ipv4" || address.match(globalIpv6));
}
