import { createServer } from 'node:http';

const version = process.env.VERSION ?? 'development';

export const server = createServer((request, response) => {
  if (request.url === '/up') return response.end('up\n');
  return response.end(`Hello from version ${version}\n`);
});

if (import.meta.main) {
  server.listen(3000);
  // On SIGTERM: accept no new connection, finish the requests in flight, then exit.
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
