/**
 * Two ways for a frame to reach a node's internal listener, both for bearers of the fleet's secret: as the body
 * of a POST, answered by the reply frame; or, for many, on a connection that `Upgrade` has switched to frames and
 * nothing else, where each tells its own length.
 */
export const framePath = '/internal/v1/frame';
/** The header that carries the fleet's secret, as `Bearer <secret>`. */
export const fleetAuthorization = 'authorization';
export const frameContentType = 'application/vnd.godwit.frame';
/** Name of the protocol in `Upgrade`. */
export const frameProtocol = 'godwit-frames';
