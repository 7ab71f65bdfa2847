import { Agent, request } from 'node:https';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';

export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ArchivedFile {
  readonly content: string;
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Where a symbolic link leads. */
  readonly link: string | undefined;
}

/** Any JSON, to be looked into by a test. */
// biome-ignore lint/suspicious/noExplicitAny: answers of the engine, of which each test reads another part
type Json = any;

/** A test's own way to a server's engine: over TLS, with nothing of the action's code. */
export class Engine {
  readonly #address: string;
  readonly #agent: Agent;

  constructor(address: string, tls: TlsFiles) {
    this.#address = address;
    // Idle connections must not keep a test run from ending.
    this.#agent = new Agent({ ...tls, keepAlive: true, timeout: 60_000 });
  }

  async get(path: string): Promise<Json> {
    return JSON.parse((await this.#bytes('GET', path)).toString() || 'null');
  }

  async post(path: string, body?: unknown): Promise<Json> {
    const answer = (await this.#bytes('POST', path, body)).toString();
    return answer.startsWith('{') && !answer.includes('\n{') ? JSON.parse(answer) : answer;
  }

  async delete(path: string): Promise<void> {
    await this.#bytes('DELETE', path);
  }

  /** The files below a path in a container, running or not; none where the path is absent. */
  async files(container: string, path: string): Promise<Map<string, ArchivedFile>> {
    const files = new Map<string, ArchivedFile>();
    const response = await this.#request(
      'GET',
      `/containers/${container}/archive?path=${encodeURIComponent(path)}`,
    );
    if (response.statusCode === 404) {
      response.resume();
      return files;
    }
    const unpack = extract();
    unpack.on('entry', (header, stream, next) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece) => {
        if (Buffer.isBuffer(piece)) pieces.push(piece);
      });
      stream.on('end', () => {
        if (header.type !== 'directory') {
          files.set(header.name, {
            content: Buffer.concat(pieces).toString(),
            mode: header.mode ?? 0,
            modified: header.mtime?.getTime() ?? 0,
            link: header.linkname ?? undefined,
          });
        }
        next();
      });
    });
    await pipeline(response, unpack);
    return files;
  }

  /** The names and states of the containers whose name begins so, by name. */
  async containers(
    prefix: string,
  ): Promise<Map<string, { id: string; state: string; image: string; labels: Record<string, string> }>> {
    const all: Json[] = await this.get('/containers/json?all=1');
    const found = all
      .map((each) => ({
        name: String(each.Names[0]).slice(1),
        id: String(each.Id),
        state: String(each.State),
        image: String(each.ImageID),
        labels: each.Labels,
      }))
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => a.name.localeCompare(b.name));
    return new Map(found.map(({ name, ...rest }) => [name, rest]));
  }

  close(): void {
    this.#agent.destroy();
  }

  async #bytes(method: string, path: string, body?: unknown): Promise<Buffer> {
    const response = await this.#request(method, path, body);
    const pieces: Buffer[] = [];
    const collect = new Writable({
      write(piece: Buffer, _, done) {
        pieces.push(piece);
        done();
      },
    });
    await pipeline(response, collect);
    const bytes = Buffer.concat(pieces);
    const status = response.statusCode ?? 0;
    if (status >= 400)
      throw new Error(`${method} ${path} of ${this.#address}: ${status} ${bytes.toString().trim()}`);
    return bytes;
  }

  #request(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Readable & { statusCode?: number | undefined }> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const options = {
        host: this.#address,
        port: 2376,
        agent: this.#agent,
        method,
        path,
        headers:
          text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      };
      request(options, resolve).on('error', reject).end(text);
    });
  }
}
