/** Files that `wrangler.toml` makes modules of the worker. */
declare module '*.yaml' {
  const text: string;
  export default text;
}
declare module 'swagger-ui-dist/swagger-ui.css' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module 'swagger-ui-dist/favicon-32x32.png' {
  const bytes: ArrayBuffer;
  export default bytes;
}
