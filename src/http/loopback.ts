/** 127.0.0.0/8. The URL parser has already written every form of an IPv4 address as four decimal numbers. */
const loopbackIPv4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/

/**
 * Whether a URL stays on this machine: 127.0.0.0/8, ::1 or exactly `localhost`.
 * Names are not resolved, and an address that only leads there (0.0.0.0, ::ffff:127.0.0.1) is not loopback.
 */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || loopbackIPv4.test(hostname)
}
