import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { renderSshConfig, userLine } from '../../src/engine/ssh-config.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { SECURE, sshSettings } from './effective-settings.ts';

const { folder, files, effective } = sshSettings();

/** Of a keyword that the user can't set. */
const DISGUISES = [
  '=KnownHostsCommand',
  '=  KnownHostsCommand',
  '"KnownHostsCommand"',
  'Known"HostsCommand"',
  '=Known"HostsCommand"',
  '""KnownHostsCommand',
  '"" "KnownHostsCommand"',
];

describe('the secure settings', () => {
  const included = join(folder, 'included');
  writeFileSync(
    included,
    'StrictHostKeyChecking no\nUserKnownHostsFile /tmp/other\nForwardAgent yes\nControlMaster auto\nPermitLocalCommand yes\n',
  );

  test.each([
    ['without lines of the user', ''],
    ['against an included file', `Include ${included}`],
    ['against an included file in a block', `Host server\n  Include ${included}`],
    ['against Match', `Match all\n  Include ${included}`],
  ])('are in effect %s', (_, lines) => {
    for (const host of ['server', 'jump']) {
      const settings = effective(lines, host);
      expect(Object.fromEntries(Object.keys(SECURE).map((key) => [key, settings.get(key)]))).toEqual(SECURE);
      expect(settings.get('userknownhostsfile')).toContain('known hosts 100');
      expect(settings.get('userknownhostsfile')).not.toContain('/tmp/other');
      expect(settings.get('identityagent')).toBe(files.agentSocket);
    }
  });

  test.each([
    ['StrictHostKeyChecking no', 'StrictHostKeyChecking'],
    ['  userknownhostsfile=/dev/null', 'userknownhostsfile'],
    ['Host *\r\n  StrictHostKeyChecking accept-new', 'StrictHostKeyChecking'],
    ['KnownHostsCommand /bin/x', 'KnownHostsCommand'],
    ['IdentityAgent none', 'IdentityAgent'],
    ['ControlPath ~/.ssh/%C', 'ControlPath'],
    ['RemoteCommand true', 'RemoteCommand'],
    // ssh itself takes each of these for the keyword, as the next test shows.
    ...DISGUISES.map((disguise) => [`${disguise} /bin/x`, 'KnownHostsCommand'] as const),
    ['Host *\n=LocalForward 1 a:2', 'LocalForward'],
  ])('can not be changed with the line %j', (lines, keyword) => {
    const render = () => renderSshConfig(lines, files);
    expect(render).toThrow(ConfigurationError);
    expect(render).toThrow(`ssh-config: line ${lines.split('\n').length} sets ${keyword}: `);
  });
});

describe('without a key and host keys of the inputs', () => {
  const config = renderSshConfig('ConnectTimeout 3', { knownHosts: undefined, agentSocket: undefined });

  test('those of the person count: his agent, ~/.ssh/config and known_hosts', () => {
    expect(config).toContain('\n  Include ~/.ssh/config\n');
    expect(config).not.toMatch(/KnownHostsFile|IdentityAgent|IdentitiesOnly|IdentityFile/);
  });

  test('what is required stands before his lines, so none of them changes it: an unknown host is refused', () => {
    const own = config.indexOf('Include ~/.ssh/config');
    for (const line of ['StrictHostKeyChecking yes', 'ForwardAgent no', 'ControlMaster no', 'BatchMode yes'])
      expect(config.slice(0, own)).toContain(`\n  ${line}\n`);
    expect(config.slice(0, own)).toContain('\nConnectTimeout 3\n');
  });
});

test.each(DISGUISES)('the disguise %j of a keyword is one for ssh itself', (disguise) => {
  const path = join(folder, 'disguised');
  writeFileSync(path, `${disguise} /bin/x\n`);
  expect(execFileSync('ssh', ['-G', '-F', path, 'server'], { encoding: 'utf8' })).toContain(
    'knownhostscommand /bin/x\n',
  );
});

describe('the level of messages', () => {
  test.each([
    ['', 'VERBOSE'],
    ['LogLevel ERROR', 'VERBOSE'],
    ['Host server\n  LogLevel=DEBUG2', 'DEBUG2'],
    ['=Log"Level" DEBUG', 'DEBUG'],
  ])('with the lines %j is %s: errors need it, and more is fine', (lines, level) => {
    expect(effective(lines, 'server').get('loglevel')).toBe(level);
  });
});

test('certificates are shown to every host', () => {
  const certificates = [join(folder, 'a%b-cert.pub')];
  const config = renderSshConfig('', { ...files, certificates });
  const path = join(folder, 'with-certificate');
  writeFileSync(path, config);
  const printed = execFileSync('ssh', ['-G', '-F', path, 'server'], { encoding: 'utf8' });
  expect(printed).toMatch(/^certificatefile .*a%%?b-cert\.pub$/m);
});

describe("the user's lines", () => {
  test('apply to the server and to the jump host', () => {
    const lines = 'Ciphers aes256-gcm@openssh.com\nConnectTimeout 3\nServerAliveInterval 7\nUser deploy';
    for (const host of ['server', 'jump']) {
      const settings = effective(lines, host);
      expect(settings.get('ciphers')).toBe('aes256-gcm@openssh.com');
      expect(settings.get('connecttimeout')).toBe('3');
      expect(settings.get('serveraliveinterval')).toBe('7');
      expect(settings.get('user')).toBe('deploy');
    }
  });

  test('leave the defaults of all other keywords', () => {
    const settings = effective('Host other\n  ConnectTimeout 3', 'server');
    expect([
      settings.get('connecttimeout'),
      settings.get('serveraliveinterval'),
      settings.get('serveralivecountmax'),
    ]).toEqual(['15', '5', '3']);
  });

  test('may name a key file of the runner', () => {
    expect(effective('IdentityFile /srv/key', 'server').get('identityfile')).toBe('/srv/key');
    expect(effective('', 'server').get('identityfile')).toBe('none');
  });

  test.each([
    ['ProxyJump jump', 'jump'],
    ['ProxyJump deploy@jump:2222', 'jump'],
    ['proxyjump=ssh://deploy@jump:2222', 'jump'],
    ['ProxyJump = jump', 'jump'],
    ['"ProxyJump" jump', 'jump'],
    ['=ProxyJump jump', 'jump'],
    ['ProxyJump first,deploy@[2001:db8::1]:22', '2001:db8::1'],
  ])('with %s apply to every host but the jump host itself', (line, jump) => {
    expect(effective(line, 'server').get('proxyjump')).toBeTruthy();
    expect(effective(line, jump).get('proxyjump')).toBeUndefined();
  });

  test('with a ProxyJump in a block apply to that block alone', () => {
    const settings = effective('Host server\n  ProxyJump jump\nHost jump\n  ProxyJump first', 'jump');
    expect(settings.get('proxyjump')).toBe('first');
  });

  test('have their number in the input computed from the line number in an error of ssh', () => {
    const config = renderSshConfig('one\ntwo', files);
    const line = config.split('\n').indexOf('two') + 1;
    expect(userLine(config, line)).toBe(2);
    expect(userLine(config, 2)).toBeUndefined();
  });
});
