import { describe, expect, test } from '@jest/globals';
import { namedBackends } from '../../../src/release/compose/named-backends.ts';

/** `80`, `expose` for a name without a port, or another protocol. */
const told = (text: string): readonly string[] =>
  namedBackends(text, 'web').map((each) =>
    each.kind === 'other' ? each.protocol : `${each.port ?? 'expose'}`,
  );

describe('the backends that a proxy’s configuration names', () => {
  test.each([
    ['a URL of nginx', 'location / { proxy_pass http://web:3000; }', ['3000']],
    ['a URL without a port', 'proxy_pass http://web/app/;', ['80']],
    ['a group of nginx', 'upstream app { server web:3000 max_fails=2; } proxy_pass http://app;', ['3000']],
    ['a group without a port', 'upstream app {\n  least_conn;\n  server web;\n}', ['80']],
    ['a group with the name itself', 'upstream web { server web:3000; }\nproxy_pass http://web;', ['3000']],
    ['a variable of nginx', 'set $backend web:3000; proxy_pass http://$backend;', ['3000']],
    ['Caddy', 'example.com {\n  reverse_proxy /api/* web:3000\n}', ['3000']],
    ['Caddy without a port', ':80 {\n  reverse_proxy web\n}', ['80']],
    ['a block of Caddy', 'reverse_proxy {\n  to web:3000\n}', ['3000']],
    ['HAProxy', 'backend app\n  mode http\n  server web web:3000 check', ['3000']],
    ['Traefik’s file', 'servers:\n  - url: "http://web:3000"', ['3000']],
    ['Apache', 'ProxyPass / http://web:3000/', ['3000']],
    ['WebSockets', 'ProxyPass /ws ws://web:3000/ws', ['3000']],
    ['a variable', 'UPSTREAM=web:3000', ['3000']],
    ['a variable with the name alone', 'BACKEND_HOST=web', ['expose']],
    ['a command', 'tunnel\n--url\nhttp://web:3000', ['3000']],
  ])('%s', (_, text, ports) => {
    expect(told(text)).toEqual(ports);
  });

  test.each([
    ['FastCGI of nginx', 'fastcgi_pass web:9000;', ['FastCGI']],
    ['a group for FastCGI', 'upstream php { server web:9000; }\nfastcgi_pass php;', ['FastCGI']],
    ['FastCGI of Caddy', 'php_fastcgi web:9000', ['FastCGI']],
    ['a transport of Caddy', 'reverse_proxy web:9000 {\n  transport fastcgi\n}', ['FastCGI']],
    ['Apache’s FastCGI', 'SetHandler "proxy:fcgi://web:9000"', ['FastCGI']],
    ['PHP-FPM’s port', 'PHP_FPM=web:9000', ['FastCGI']],
    ['uwsgi', 'uwsgi_pass web:8000;', ['uwsgi']],
    ['gRPC', 'grpc_pass grpc://web:50051;', ['gRPC']],
    ['TLS', 'proxy_pass https://web:8443;', ['HTTPS']],
    ['HTTP/2 without TLS', 'reverse_proxy h2c://web:3000', ['HTTP/2']],
    ['a stream of nginx', 'stream { server { listen 5432; proxy_pass web:5432; } }', ['TCP']],
    ['TCP of HAProxy', 'backend app\n  mode tcp\n  server a web:3000', ['TCP']],
    ['a database', 'DATABASE=web:5432', ['PostgreSQL']],
  ])('by another protocol than HTTP: %s', (_, text, protocols) => {
    expect(told(text)).toEqual(protocols);
  });

  test.each([
    ['a comment', '# proxy_pass http://web:3000;\n  # web:3000'],
    ['another name', 'http://webmail:80 http://my-web:80 http://web.example.com http://web-2:80 a_web:80'],
    ['a path', 'root /srv/web; include /etc/web:3000;'],
    ['a URL of something else', 'postgres://user:secret@web:5432/shop redis://web'],
    ['a word', 'the web is here; server_name web;'],
    ['a name among others in a variable', 'ALLOWED=web,api'],
  ])('not %s', (_, text) => {
    expect(told(text)).toEqual([]);
  });
});
