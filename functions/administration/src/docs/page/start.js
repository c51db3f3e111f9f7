// Starts Swagger UI. A browser that is signed in sends its cookies by itself; requests that change
// something must also carry the session's CSRF token, which is in a cookie that scripts may read.
"use strict";

const CSRF_COOKIE = /(?:^|;\s*)(?:__Host-)?parcela_csrf=([^;]+)/;
const READING = ["GET", "HEAD", "OPTIONS"];

const withCsrfToken = (request) => {
  const cookie = CSRF_COOKIE.exec(document.cookie);
  const own = new URL(request.url, location.href).origin === location.origin;
  if (cookie && own && !READING.includes((request.method ?? "GET").toUpperCase())) {
    request.headers["x-csrf-token"] = cookie[1];
  }
  return request;
};

SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  displayRequestDuration: true,
  filter: true,
  showExtensions: true,
  // Swagger UI would send the document's address to another host to have it checked.
  validatorUrl: null,
  requestInterceptor: withCsrfToken,
});
