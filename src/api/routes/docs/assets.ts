/** Files of the documentation pages that come from the `swagger-ui-dist` package, with their content types. */
export const packagedAssets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

interface OwnAsset {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Starts Swagger UI. Requests that a reader tries out go to the server that gave the page, whatever address
 * it goes by; no badge of an outside validator is fetched.
 */
const startScript = `SwaggerUIBundle({
  url: '/openapi.yaml',
  dom_id: '#documentation',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  requestInterceptor: (request) => {
    const url = new URL(request.url, location.href);
    request.url = location.origin + url.pathname + url.search;
    return request;
  },
});
`;

const pageStyle = `body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font-family: system-ui, sans-serif; line-height: 1.5; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #ccc; padding: 0.4rem 0.8rem; text-align: left; vertical-align: top; }
tr:target { background: #fff3c4; }
code { font-size: 0.95em; }
`;

/** Files of the documentation pages that are written here. */
export const ownAssets: Readonly<Record<string, OwnAsset>> = {
  'start.js': { contentType: 'text/javascript; charset=utf-8', text: startScript },
  'page.css': { contentType: 'text/css; charset=utf-8', text: pageStyle },
};
