import { expect, test } from '@jest/globals';
import { trustedProxiesOf, withTrustedProxies } from '../../src/release/trusted-proxies.ts';
import { deployed, SHOP } from '../plan/hosts.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';

const balancer = { ranges: ['10.0.0.1/32'], proxyProtocol: false };
const made = makeRelease(releaseId('11111111'), SHOP);

test('a rollback keeps the trusted proxies of the release that it replaces', () => {
  const live = deployed(made, withTrustedProxies(makeRelease(releaseId('22222222'), SHOP), balancer));
  expect(trustedProxiesOf([live.see()])).toEqual(balancer);
  expect(trustedProxiesOf([deployed(made).see(), live.see()])).toEqual(balancer);
  expect(trustedProxiesOf([])).toBeUndefined();
});

test('a release whose edge trusts nobody says nothing of it', () => {
  expect(withTrustedProxies(withTrustedProxies(made, balancer), undefined)).toEqual(made);
});
