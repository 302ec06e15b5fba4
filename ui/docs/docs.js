/*
 * The API's viewer. It is set up here and not in the page, because the Content-Security-Policy allows
 * no inline scripts; it asks no other host for fonts or anything else.
 */
import '/vendor/rapidoc/rapidoc-min.js';

const OPTIONS = {
  'spec-url': '/docs/openapi.yaml',
  'load-fonts': 'false',
  'regular-font': 'system-ui, sans-serif',
  'mono-font': 'ui-monospace, "DejaVu Sans Mono", monospace',
  'render-style': 'focused',
  'schema-style': 'table',
  'schema-description-expanded': 'true',
  'default-schema-tab': 'example',
  'show-header': 'false',
  'show-method-in-nav-bar': 'as-colored-text',
  'use-path-in-nav-bar': 'false',
  'nav-item-spacing': 'compact',
  'allow-spec-url-load': 'false',
  'allow-spec-file-load': 'false',
  'allow-server-selection': 'false',
  'fill-request-fields-with-example': 'true',
  'persist-auth': 'false',
};

const DARK = {
  theme: 'dark',
  'bg-color': '#101217',
  'text-color': '#f0f0ec',
  'nav-bg-color': '#191c22',
  'primary-color': '#93b4ff',
};
const LIGHT = {
  theme: 'light',
  'bg-color': '#ffffff',
  'text-color': '#17191e',
  'nav-bg-color': '#f6f5f1',
  'primary-color': '#1b4bd1',
};

/* The theme that the reader chose on the other pages, or else the system's. */
function theme() {
  const chosen = localStorage.getItem('theme');
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  return dark ? DARK : LIGHT;
}

const viewer = document.createElement('rapi-doc');
for (const [name, value] of Object.entries({ ...OPTIONS, ...theme() })) viewer.setAttribute(name, value);
document.getElementById('plain').remove();
document.getElementById('viewer').append(viewer);
