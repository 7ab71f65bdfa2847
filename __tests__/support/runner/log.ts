import { mask } from './masking.ts';
import { KNOWN, parseCommand } from './workflow-commands.ts';

export interface Annotation {
  readonly message: string;
  readonly title: string | undefined;
  readonly file: string | undefined;
}

export type LineKind = 'line' | 'group' | 'error' | 'warning' | 'notice' | 'debug';

/** A line as a person sees it in the job's log. */
export interface LogLine {
  readonly kind: LineKind;
  /** Masked. Of a group its title. */
  readonly text: string;
  /** The title of the group that it stands in. */
  readonly group: string | undefined;
}

/** Takes the output of a step line by line and makes of it what the runner does: log, annotations, masks. */
export class StepLog {
  readonly lines: LogLine[] = [];
  readonly annotations: Record<'error' | 'warning' | 'notice', Annotation[]> = {
    error: [],
    warning: [],
    notice: [],
  };
  /** Commands that GitHub has switched off or is about to: `set-output`, `save-state`, … */
  readonly forbidden: string[] = [];
  /** Shared by all steps of a job: a value registered once is hidden from then on. */
  readonly masks: string[];
  readonly #onLine: (line: LogLine) => void;
  #group: string | undefined;
  /** While it is set, nothing but this word is a command. */
  #stopped: string | undefined;

  constructor(masks: string[], onLine: (line: LogLine) => void) {
    this.masks = masks;
    this.#onLine = onLine;
  }

  /** The log as one text, without debug lines: what stands in the job's page. */
  get text(): string {
    return this.lines
      .filter(({ kind }) => kind !== 'debug')
      .map(({ text }) => text)
      .join('\n');
  }

  take(raw: string): void {
    const command = parseCommand(raw);
    if (this.#stopped !== undefined) {
      if (command?.name === this.#stopped.toLowerCase()) this.#stopped = undefined;
      else this.#print('line', raw);
      return;
    }
    if (command === undefined || !KNOWN.has(command.name)) {
      this.#print('line', raw);
      return;
    }
    const { name, message, properties } = command;
    switch (name) {
      case 'add-mask':
        if (message.trim() === '') this.forbidden.push('add-mask of nothing');
        else this.masks.push(message);
        return;
      case 'group':
        this.#group = undefined;
        this.#print('group', message);
        this.#group = mask(message, this.masks);
        return;
      case 'endgroup':
        this.#group = undefined;
        return;
      case 'stop-commands':
        this.#stopped = message;
        return;
      case 'error':
      case 'warning':
      case 'notice':
        this.annotations[name].push({
          message: mask(message, this.masks),
          title: properties['title'],
          file: properties['file'],
        });
        this.#print(name, message);
        return;
      case 'debug':
        this.#print('debug', message);
        return;
      case 'add-matcher':
      case 'remove-matcher':
      case 'echo':
        return;
      default:
        this.forbidden.push(name);
    }
  }

  #print(kind: LineKind, text: string): void {
    for (const each of mask(text, this.masks).split('\n')) {
      const line = { kind, text: each, group: this.#group };
      this.lines.push(line);
      this.#onLine(line);
    }
  }
}
