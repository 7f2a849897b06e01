import ipaddr from "ipaddr.js";

const globalIpv6 = ipaddr.parseCIDR("2000::/3");

/**
 * Addresses that are public in the registries but reach into the caller's own network at some clouds: Azure's wire server, IBM's services for
 * its own networks. Most clouds use link-local or shared addresses instead, which are for special use anyway.
 */
const insideClouds = ["168.63.129.16/32", "161.26.0.0/16", "166.8.0.0/14"].map((network) => ipaddr.parseCIDR(network));

/** In no range of IANA's special-purpose registries (RFC 6890); of IPv6, global unicast alone (RFC 4291, 2.5.4). */
export function isPublicAddress(text: string): boolean {
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return false;
  if (address.kind() === "ipv6") return address.match(globalIpv6);
  return !insideClouds.some((network) => address.match(network));
}
