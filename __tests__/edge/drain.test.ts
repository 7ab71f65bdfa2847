import { expect, test } from '@jest/globals';
import { socketTableAddress } from '../../src/edge/drain.ts';

// From /proc/net/tcp and /proc/net/tcp6 on amd64.
test.each([
  ['127.0.0.1', '0100007F'],
  ['172.18.0.5', '050012AC'],
  ['::1', '00000000000000000000000001000000'],
  ['fd00::2', '000000FD000000000000000002000000'],
  ['fe80::fc:ff:fe00:1', '000080FE00000000FF00FC00010000FE'],
  ['2001:db8:1:2:3:4:5:6', 'B80D0120020001000400030006000500'],
])('the address %s is %s in the socket table', (address, entry) => {
  expect(socketTableAddress(address)).toBe(entry);
});

test.each(['', 'web-1', '300.1.1.1'])(
  '"%s" is not an IP address, and has no entry in the socket table',
  (text) => {
    expect(socketTableAddress(text)).toBeUndefined();
  },
);
