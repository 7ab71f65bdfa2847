import { expect, test } from '@jest/globals';
import { proxyFor, proxyHeaders, proxyName } from '../../src/run/proxy.ts';

const found = (url: string, environment: Readonly<Record<string, string>>) =>
  proxyFor(new URL(url), environment)?.href;

test.each([
  ['http://shop.example.com/', { http_proxy: 'http://proxy:3128' }, 'http://proxy:3128/'],
  ['https://shop.example.com/', { https_proxy: 'http://proxy:3128' }, 'http://proxy:3128/'],
  ['https://shop.example.com/', { HTTPS_PROXY: 'https://me:p%40ss@proxy' }, 'https://me:p%40ss@proxy/'],
  ['http://shop.example.com/', { HTTP_PROXY: 'proxy.corp.test:3128' }, 'http://proxy.corp.test:3128/'],
  [
    'http://shop.example.com/',
    { http_proxy: 'http://lower:1', HTTP_PROXY: 'http://upper:1' },
    'http://lower:1/',
  ],
  ['http://shop.example.com/', { http_proxy: '', HTTP_PROXY: 'http://upper:1' }, 'http://upper:1/'],
  ['http://shop.example.com/', { https_proxy: 'http://proxy:3128' }, undefined],
  ['https://shop.example.com/', { http_proxy: 'http://proxy:3128' }, undefined],
  ['http://shop.example.com/', { http_proxy: 'socks5://proxy:1080' }, undefined],
  ['http://shop.example.com/', {}, undefined],
])('%s with %p is asked through %s', (url, environment, proxy) => {
  expect(found(url, environment)).toBe(proxy);
});

test.each([
  ['http://localhost:8080/', ''],
  ['http://app.localhost/', ''],
  ['http://127.0.0.1:8080/', ''],
  ['http://[::1]:8080/', ''],
  ['http://shop.example.com/', '*'],
  ['http://shop.example.com/', 'other.test, example.com'],
  ['http://shop.example.com/', 'other.test .example.com'],
  ['http://shop.example.com/', '*.example.com'],
  ['http://shop.example.com/', 'SHOP.example.COM'],
  ['http://shop.example.com/', 'shop.example.com:80'],
  ['https://shop.example.com/', 'shop.example.com:443'],
  ['http://172.31.23.11:8113/', '172.31.0.0/16'],
  ['http://172.31.23.11:8113/', '172.31.23.11'],
  ['http://172.31.23.11:8113/', '172.31.23.11:8113'],
  ['http://[fd00::b]:8113/', 'fd00::/8'],
  ['http://[fd00::b]:8113/', 'fd00::b'],
  ['http://[fd00::b]:8113/', '[fd00::b]:8113'],
])('%s is asked directly with no_proxy: %s', (url, exempt) => {
  for (const name of ['no_proxy', 'NO_PROXY'])
    expect(
      found(url, { http_proxy: 'http://p:1', https_proxy: 'http://p:1', [name]: exempt }),
    ).toBeUndefined();
});

test.each([
  ['http://shop.example.com/', ''],
  ['http://shop.example.com/', 'ample.com'],
  ['http://example.com/', '.example.com'],
  ['http://shop.example.com/', 'shop.example.com:8080'],
  ['http://172.32.0.1/', '172.31.0.0/16'],
  ['http://172.31.23.11/', '172.31.0.0/99, 172.31.0.0/x, fd00::/8, shop/24'],
  ['http://shop.example.com/', '0.0.0.0/0'],
])('%s is not exempt with no_proxy: %s', (url, exempt) => {
  expect(found(url, { http_proxy: 'http://p:1', no_proxy: exempt })).toBe('http://p:1/');
});

test('a proxy is told its user name and password, which its name does not show', () => {
  const proxy = new URL('http://me:p%40ss@proxy.corp.test:3128');
  expect(proxyHeaders(proxy)).toEqual({
    'proxy-authorization': `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
  });
  expect(proxyHeaders(new URL('http://proxy'))).toEqual({});
  expect(proxyName(proxy)).toBe('proxy.corp.test:3128');
});
