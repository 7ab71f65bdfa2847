import { expect, test } from '@jest/globals';
import { takenPort } from '../../src/edge/taken-port.ts';

test.each([
  ['Bind for 0.0.0.0:18081 failed: port is already allocated', [8000, 18081], 18081],
  [
    'driver failed programming external connectivity on endpoint shop-edge (4ee2): failed to bind host port for 0.0.0.0:22:172.31.160.2:8000/tcp: address already in use',
    [22],
    22,
  ],
  ['Error starting userland proxy: listen tcp4 0.0.0.0:443: bind: address already in use', [80, 443], 443],
  ['failed to bind host port for [::]:80:172.18.0.2:8000/tcp: address already in use', [80, 81], 80],
  ['endpoint of 172.17.0.2:8000: Bind for 0.0.0.0:80 failed: port is already allocated', [80, 81], 80],
  ['port is already allocated', [80], 80],
  ['port is already allocated', [80, 81], undefined],
])('the engine\'s message "%s", for the ports %j, means port %p', (message, ports, port) => {
  expect(takenPort(message, ports)).toBe(port);
});
