/**
 * The first message of TLS (RFC 8446, 4.1.2), for versions 1.2 and 1.3, without a server name. Whatever a TLS server makes of it, its
 * answer begins with a record of a handshake (22) or of an alert (21).
 */
const CLIENT_HELLO = `
16030100ea010000e603036f016c4829e9ec5eaf6fcd82f466126c7bc520eb92a88ed0d31e90c03bd2115e20af545a6c3def901aa9bbed3a8f04e327
924675bfbd3076f0ebe172923feaa2f40018130113021303c02bc02fc02cc030cca9cca8009c002f00ff01000085000b000403000102000a00060004
001d0017002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020
602002b00050403040303002d00020101003300260024001d0020a37ee0b6e6d331bc4a897af9a86a6fd73308152599ff4bf61451054b63b2ff66`;

const octal = [...Buffer.from(CLIENT_HELLO.replaceAll('\n', ''), 'hex')].map(
  (byte) => `\\${byte.toString(8).padStart(3, '0')}`,
);

/** `speaks_tls address port`: whether a port answers the first message of TLS as TLS does. */
export const SPEAKS_TLS: string = `
speaks_tls() {
  case $(printf '${octal.join('')}' | timeout 6 nc -w 3 "$1" "$2" 2>/dev/null | dd bs=1 count=1 2>/dev/null | od -An -tx1) in
    *15*|*16*) return 0;;
  esac
  return 1
}
`;
