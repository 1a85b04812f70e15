/** Where frames are posted on a node's internal listener. */
export const framePath = '/internal/v1/frame';
/** The header that carries the fleet's secret, as `Bearer <secret>`. */
export const fleetAuthorization = 'authorization';
export const frameContentType = 'application/vnd.godwit.frame';
