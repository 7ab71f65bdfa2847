/** Somebody who keeps his cookies, as a browser does: by host, whatever the port. */
import { type Answer, type AskOptions, ask } from './http.ts';

export class Browser {
  cookie: string | undefined;
  /** The releases that answered, in order. */
  readonly met: string[] = [];

  async visit(url: string, options: AskOptions = {}): Promise<Answer> {
    const headers = this.cookie === undefined ? {} : { cookie: this.cookie };
    const answer = await ask(url, { ...options, headers: { ...headers, ...options.headers } });
    this.cookie = cookieOf(answer) ?? this.cookie;
    this.met.push(String(answer.headers['x-release']));
    return answer;
  }

  /** How often the release was another one than the visit before. */
  get moves(): number {
    return this.met.filter((release, index) => index > 0 && release !== this.met[index - 1]).length;
  }
}

/** The cookie that an answer gives, as it is sent back. */
export const cookieOf = ({ headers }: Answer): string | undefined =>
  headers['set-cookie']?.[0]?.split(';')[0];
