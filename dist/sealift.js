import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  CommandError,
  ConfigurationError,
  ExitCode,
  HostError,
  SealiftError,
  debug,
  endGroup,
  error,
  getExecOutput,
  getInput,
  info,
  isCausedByAbort,
  messageOf,
  messageWithHost,
  messageWithoutHost,
  notice,
  saveState,
  setOutput,
  setSecret,
  startGroup,
  summary,
  warning
} from "./chunk-BKFRKNTI.js";
import {
  __callDispose,
  __commonJS,
  __require,
  __toESM,
  __using
} from "./chunk-B7OSUQQ7.js";

// node_modules/events-universal/default.js
var require_default = __commonJS({
  "node_modules/events-universal/default.js"(exports, module) {
    module.exports = __require("events");
  }
});

// node_modules/fast-fifo/fixed-size.js
var require_fixed_size = __commonJS({
  "node_modules/fast-fifo/fixed-size.js"(exports, module) {
    module.exports = class FixedFIFO {
      constructor(hwm) {
        if (!(hwm > 0) || (hwm - 1 & hwm) !== 0) throw new Error("Max size for a FixedFIFO should be a power of two");
        this.buffer = new Array(hwm);
        this.mask = hwm - 1;
        this.top = 0;
        this.btm = 0;
        this.next = null;
      }
      clear() {
        this.top = this.btm = 0;
        this.next = null;
        this.buffer.fill(void 0);
      }
      push(data) {
        if (this.buffer[this.top] !== void 0) return false;
        this.buffer[this.top] = data;
        this.top = this.top + 1 & this.mask;
        return true;
      }
      shift() {
        const last = this.buffer[this.btm];
        if (last === void 0) return void 0;
        this.buffer[this.btm] = void 0;
        this.btm = this.btm + 1 & this.mask;
        return last;
      }
      peek() {
        return this.buffer[this.btm];
      }
      isEmpty() {
        return this.buffer[this.btm] === void 0;
      }
    };
  }
});

// node_modules/fast-fifo/index.js
var require_fast_fifo = __commonJS({
  "node_modules/fast-fifo/index.js"(exports, module) {
    var FixedFIFO = require_fixed_size();
    module.exports = class FastFIFO {
      constructor(hwm) {
        this.hwm = hwm || 16;
        this.head = new FixedFIFO(this.hwm);
        this.tail = this.head;
        this.length = 0;
      }
      clear() {
        this.head = this.tail;
        this.head.clear();
        this.length = 0;
      }
      push(val) {
        this.length++;
        if (!this.head.push(val)) {
          const prev = this.head;
          this.head = prev.next = new FixedFIFO(2 * this.head.buffer.length);
          this.head.push(val);
        }
      }
      shift() {
        if (this.length !== 0) this.length--;
        const val = this.tail.shift();
        if (val === void 0 && this.tail.next) {
          const next = this.tail.next;
          this.tail.next = null;
          this.tail = next;
          return this.tail.shift();
        }
        return val;
      }
      peek() {
        const val = this.tail.peek();
        if (val === void 0 && this.tail.next) return this.tail.next.peek();
        return val;
      }
      isEmpty() {
        return this.length === 0;
      }
    };
  }
});

// node_modules/b4a/index.js
var require_b4a = __commonJS({
  "node_modules/b4a/index.js"(exports, module) {
    function isBuffer(value) {
      return Buffer.isBuffer(value) || value instanceof Uint8Array;
    }
    function isEncoding(encoding) {
      return Buffer.isEncoding(encoding);
    }
    function alloc(size, fill2, encoding) {
      return Buffer.alloc(size, fill2, encoding);
    }
    function allocUnsafe(size) {
      return Buffer.allocUnsafe(size);
    }
    function allocUnsafeSlow(size) {
      return Buffer.allocUnsafeSlow(size);
    }
    function byteLength(string, encoding) {
      return Buffer.byteLength(string, encoding);
    }
    function compare2(a, b) {
      return Buffer.compare(a, b);
    }
    function concat(buffers, totalLength) {
      return Buffer.concat(buffers, totalLength);
    }
    function copy(source, target, targetStart, start, end) {
      return toBuffer(source).copy(target, targetStart, start, end);
    }
    function equals(a, b) {
      return toBuffer(a).equals(b);
    }
    function fill(buffer2, value, offset, end, encoding) {
      return toBuffer(buffer2).fill(value, offset, end, encoding);
    }
    function from(value, encodingOrOffset, length) {
      return Buffer.from(value, encodingOrOffset, length);
    }
    function includes(buffer2, value, byteOffset, encoding) {
      return toBuffer(buffer2).includes(value, byteOffset, encoding);
    }
    function indexOf(buffer2, value, byfeOffset, encoding) {
      return toBuffer(buffer2).indexOf(value, byfeOffset, encoding);
    }
    function lastIndexOf(buffer2, value, byteOffset, encoding) {
      return toBuffer(buffer2).lastIndexOf(value, byteOffset, encoding);
    }
    function swap16(buffer2) {
      return toBuffer(buffer2).swap16();
    }
    function swap32(buffer2) {
      return toBuffer(buffer2).swap32();
    }
    function swap64(buffer2) {
      return toBuffer(buffer2).swap64();
    }
    function toBuffer(buffer2) {
      if (Buffer.isBuffer(buffer2)) return buffer2;
      return Buffer.from(buffer2.buffer, buffer2.byteOffset, buffer2.byteLength);
    }
    function toString(buffer2, encoding, start, end) {
      return toBuffer(buffer2).toString(encoding, start, end);
    }
    function toHex(buffer2, start, end) {
      return toBuffer(buffer2).toString("hex", start, end);
    }
    function write(buffer2, string, offset, length, encoding) {
      return toBuffer(buffer2).write(string, offset, length, encoding);
    }
    function readDoubleBE(buffer2, offset) {
      return toBuffer(buffer2).readDoubleBE(offset);
    }
    function readDoubleLE(buffer2, offset) {
      return toBuffer(buffer2).readDoubleLE(offset);
    }
    function readFloatBE(buffer2, offset) {
      return toBuffer(buffer2).readFloatBE(offset);
    }
    function readFloatLE(buffer2, offset) {
      return toBuffer(buffer2).readFloatLE(offset);
    }
    function readInt32BE(buffer2, offset) {
      return toBuffer(buffer2).readInt32BE(offset);
    }
    function readInt32LE(buffer2, offset) {
      return toBuffer(buffer2).readInt32LE(offset);
    }
    function readUInt32BE(buffer2, offset) {
      return toBuffer(buffer2).readUInt32BE(offset);
    }
    function readUInt32LE(buffer2, offset) {
      return toBuffer(buffer2).readUInt32LE(offset);
    }
    function writeDoubleBE(buffer2, value, offset) {
      return toBuffer(buffer2).writeDoubleBE(value, offset);
    }
    function writeDoubleLE(buffer2, value, offset) {
      return toBuffer(buffer2).writeDoubleLE(value, offset);
    }
    function writeFloatBE(buffer2, value, offset) {
      return toBuffer(buffer2).writeFloatBE(value, offset);
    }
    function writeFloatLE(buffer2, value, offset) {
      return toBuffer(buffer2).writeFloatLE(value, offset);
    }
    function writeInt32BE(buffer2, value, offset) {
      return toBuffer(buffer2).writeInt32BE(value, offset);
    }
    function writeInt32LE(buffer2, value, offset) {
      return toBuffer(buffer2).writeInt32LE(value, offset);
    }
    function writeUInt32BE(buffer2, value, offset) {
      return toBuffer(buffer2).writeUInt32BE(value, offset);
    }
    function writeUInt32LE(buffer2, value, offset) {
      return toBuffer(buffer2).writeUInt32LE(value, offset);
    }
    module.exports = {
      isBuffer,
      isEncoding,
      alloc,
      allocUnsafe,
      allocUnsafeSlow,
      byteLength,
      compare: compare2,
      concat,
      copy,
      equals,
      fill,
      from,
      includes,
      indexOf,
      lastIndexOf,
      swap16,
      swap32,
      swap64,
      toBuffer,
      toString,
      toHex,
      write,
      readDoubleBE,
      readDoubleLE,
      readFloatBE,
      readFloatLE,
      readInt32BE,
      readInt32LE,
      readUInt32BE,
      readUInt32LE,
      writeDoubleBE,
      writeDoubleLE,
      writeFloatBE,
      writeFloatLE,
      writeInt32BE,
      writeInt32LE,
      writeUInt32BE,
      writeUInt32LE
    };
  }
});

// node_modules/text-decoder/lib/pass-through-decoder.js
var require_pass_through_decoder = __commonJS({
  "node_modules/text-decoder/lib/pass-through-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class PassThroughDecoder {
      constructor(encoding) {
        this.encoding = encoding;
      }
      get remaining() {
        return 0;
      }
      decode(data) {
        return b4a.toString(data, this.encoding);
      }
      flush() {
        return "";
      }
    };
  }
});

// node_modules/text-decoder/lib/utf8-decoder.js
var require_utf8_decoder = __commonJS({
  "node_modules/text-decoder/lib/utf8-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class UTF8Decoder {
      constructor() {
        this._reset();
      }
      get remaining() {
        return this.bytesSeen;
      }
      decode(data) {
        if (data.byteLength === 0) return "";
        if (this.bytesNeeded === 0 && trailingIncomplete(data, 0) === 0) {
          this.bytesSeen = trailingBytesSeen(data);
          return b4a.toString(data, "utf8");
        }
        let result = "";
        let start = 0;
        if (this.bytesNeeded > 0) {
          while (start < data.byteLength) {
            const byte = data[start];
            if (byte < this.lowerBoundary || byte > this.upperBoundary) {
              result += "�";
              this._reset();
              break;
            }
            this.lowerBoundary = 128;
            this.upperBoundary = 191;
            this.codePoint = this.codePoint << 6 | byte & 63;
            this.bytesSeen++;
            start++;
            if (this.bytesSeen === this.bytesNeeded) {
              result += String.fromCodePoint(this.codePoint);
              this._reset();
              break;
            }
          }
          if (this.bytesNeeded > 0) return result;
        }
        const trailing = trailingIncomplete(data, start);
        const end = data.byteLength - trailing;
        if (end > start) result += b4a.toString(data, "utf8", start, end);
        for (let i = end; i < data.byteLength; i++) {
          const byte = data[i];
          if (this.bytesNeeded === 0) {
            if (byte <= 127) {
              this.bytesSeen = 0;
              result += String.fromCharCode(byte);
            } else if (byte >= 194 && byte <= 223) {
              this.bytesNeeded = 2;
              this.bytesSeen = 1;
              this.codePoint = byte & 31;
            } else if (byte >= 224 && byte <= 239) {
              if (byte === 224) this.lowerBoundary = 160;
              else if (byte === 237) this.upperBoundary = 159;
              this.bytesNeeded = 3;
              this.bytesSeen = 1;
              this.codePoint = byte & 15;
            } else if (byte >= 240 && byte <= 244) {
              if (byte === 240) this.lowerBoundary = 144;
              else if (byte === 244) this.upperBoundary = 143;
              this.bytesNeeded = 4;
              this.bytesSeen = 1;
              this.codePoint = byte & 7;
            } else {
              this.bytesSeen = 1;
              result += "�";
            }
            continue;
          }
          if (byte < this.lowerBoundary || byte > this.upperBoundary) {
            result += "�";
            i--;
            this._reset();
            continue;
          }
          this.lowerBoundary = 128;
          this.upperBoundary = 191;
          this.codePoint = this.codePoint << 6 | byte & 63;
          this.bytesSeen++;
          if (this.bytesSeen === this.bytesNeeded) {
            result += String.fromCodePoint(this.codePoint);
            this._reset();
          }
        }
        return result;
      }
      flush() {
        const result = this.bytesNeeded > 0 ? "�" : "";
        this._reset();
        return result;
      }
      _reset() {
        this.codePoint = 0;
        this.bytesNeeded = 0;
        this.bytesSeen = 0;
        this.lowerBoundary = 128;
        this.upperBoundary = 191;
      }
    };
    function trailingIncomplete(data, start) {
      const len = data.byteLength;
      if (len <= start) return 0;
      const limit = Math.max(start, len - 4);
      let i = len - 1;
      while (i > limit && (data[i] & 192) === 128) i--;
      if (i < start) return 0;
      const byte = data[i];
      let needed;
      if (byte <= 127) return 0;
      if (byte >= 194 && byte <= 223) needed = 2;
      else if (byte >= 224 && byte <= 239) needed = 3;
      else if (byte >= 240 && byte <= 244) needed = 4;
      else return 0;
      const available = len - i;
      return available < needed ? available : 0;
    }
    function trailingBytesSeen(data) {
      const len = data.byteLength;
      if (len === 0) return 0;
      const last = data[len - 1];
      if (last <= 127) return 0;
      if ((last & 192) !== 128) return 1;
      const limit = Math.max(0, len - 4);
      let i = len - 2;
      while (i >= limit && (data[i] & 192) === 128) i--;
      if (i < 0) return 1;
      const first = data[i];
      let needed;
      if (first >= 194 && first <= 223) needed = 2;
      else if (first >= 224 && first <= 239) needed = 3;
      else if (first >= 240 && first <= 244) needed = 4;
      else return 1;
      if (len - i !== needed) return 1;
      if (needed >= 3) {
        const second = data[i + 1];
        if (first === 224 && second < 160) return 1;
        if (first === 237 && second > 159) return 1;
        if (first === 240 && second < 144) return 1;
        if (first === 244 && second > 143) return 1;
      }
      return 0;
    }
  }
});

// node_modules/text-decoder/index.js
var require_text_decoder = __commonJS({
  "node_modules/text-decoder/index.js"(exports, module) {
    var PassThroughDecoder = require_pass_through_decoder();
    var UTF8Decoder = require_utf8_decoder();
    module.exports = class TextDecoder {
      constructor(encoding = "utf8") {
        this.encoding = normalizeEncoding(encoding);
        switch (this.encoding) {
          case "utf8":
            this.decoder = new UTF8Decoder();
            break;
          case "utf16le":
          case "base64":
            throw new Error("Unsupported encoding: " + this.encoding);
          default:
            this.decoder = new PassThroughDecoder(this.encoding);
        }
      }
      get remaining() {
        return this.decoder.remaining;
      }
      push(data) {
        if (typeof data === "string") return data;
        return this.decoder.decode(data);
      }
      // For Node.js compatibility
      write(data) {
        return this.push(data);
      }
      end(data) {
        let result = "";
        if (data) result = this.push(data);
        result += this.decoder.flush();
        return result;
      }
    };
    function normalizeEncoding(encoding) {
      encoding = encoding.toLowerCase();
      switch (encoding) {
        case "utf8":
        case "utf-8":
          return "utf8";
        case "ucs2":
        case "ucs-2":
        case "utf16le":
        case "utf-16le":
          return "utf16le";
        case "latin1":
        case "binary":
          return "latin1";
        case "base64":
        case "ascii":
        case "hex":
          return encoding;
        default:
          throw new Error("Unknown encoding: " + encoding);
      }
    }
  }
});

// node_modules/streamx/lib/errors.js
var require_errors = __commonJS({
  "node_modules/streamx/lib/errors.js"(exports, module) {
    module.exports = class StreamError extends Error {
      constructor(msg, code, fn = StreamError) {
        super(msg);
        this.code = code;
        if (Error.captureStackTrace) {
          Error.captureStackTrace(this, fn);
        }
      }
      static isStreamDestroyed(err) {
        return err && err.code === "STREAM_DESTROYED";
      }
      static isPrematureClose(err) {
        return err && err.code === "PREMATURE_CLOSE";
      }
      static isAborted(err) {
        return err && err.code === "ABORTED";
      }
      static isBadArgument(err) {
        return err && err.code === "BAD_ARGUMENT";
      }
      get name() {
        return "StreamError";
      }
      static STREAM_DESTROYED() {
        return new StreamError("Stream was destroyed", "STREAM_DESTROYED", StreamError.STREAM_DESTROYED);
      }
      static PREMATURE_CLOSE(msg = "Premature close") {
        return new StreamError(msg, "PREMATURE_CLOSE", StreamError.PREMATURE_CLOSE);
      }
      static ABORTED() {
        return new StreamError("Stream aborted", "ABORTED", StreamError.ABORTED);
      }
      static BAD_ARGUMENT(msg = "Bad argument") {
        return new StreamError(msg, "BAD_ARGUMENT", StreamError.BAD_ARGUMENT);
      }
    };
  }
});

// node_modules/streamx/index.js
var require_streamx = __commonJS({
  "node_modules/streamx/index.js"(exports, module) {
    var { EventEmitter } = require_default();
    var FIFO = require_fast_fifo();
    var TextDecoder = require_text_decoder();
    var StreamError = require_errors();
    var qmt = typeof queueMicrotask === "undefined" ? (fn) => global.process.nextTick(fn) : queueMicrotask;
    var MAX = (1 << 29) - 1;
    var OPENING = 1;
    var PREDESTROYING = 2;
    var DESTROYING = 4;
    var DESTROYED = 8;
    var NOT_OPENING = MAX ^ OPENING;
    var NOT_PREDESTROYING = MAX ^ PREDESTROYING;
    var READ_ACTIVE = 1 << 4;
    var READ_UPDATING = 2 << 4;
    var READ_PRIMARY = 4 << 4;
    var READ_QUEUED = 8 << 4;
    var READ_RESUMED = 16 << 4;
    var READ_PIPE_DRAINED = 32 << 4;
    var READ_ENDING = 64 << 4;
    var READ_EMIT_DATA = 128 << 4;
    var READ_EMIT_READABLE = 256 << 4;
    var READ_EMITTED_READABLE = 512 << 4;
    var READ_DONE = 1024 << 4;
    var READ_NEXT_TICK = 2048 << 4;
    var READ_NEEDS_PUSH = 4096 << 4;
    var READ_READ_AHEAD = 8192 << 4;
    var READ_FLOWING = READ_RESUMED | READ_PIPE_DRAINED;
    var READ_ACTIVE_AND_NEEDS_PUSH = READ_ACTIVE | READ_NEEDS_PUSH;
    var READ_PRIMARY_AND_ACTIVE = READ_PRIMARY | READ_ACTIVE;
    var READ_EMIT_READABLE_AND_QUEUED = READ_EMIT_READABLE | READ_QUEUED;
    var READ_RESUMED_READ_AHEAD = READ_RESUMED | READ_READ_AHEAD;
    var READ_NOT_ACTIVE = MAX ^ READ_ACTIVE;
    var READ_NON_PRIMARY = MAX ^ READ_PRIMARY;
    var READ_NON_PRIMARY_AND_PUSHED = MAX ^ (READ_PRIMARY | READ_NEEDS_PUSH);
    var READ_PUSHED = MAX ^ READ_NEEDS_PUSH;
    var READ_PAUSED = MAX ^ READ_RESUMED;
    var READ_NOT_QUEUED = MAX ^ (READ_QUEUED | READ_EMITTED_READABLE);
    var READ_NOT_ENDING = MAX ^ READ_ENDING;
    var READ_PIPE_NOT_DRAINED = MAX ^ READ_FLOWING;
    var READ_NOT_NEXT_TICK = MAX ^ READ_NEXT_TICK;
    var READ_NOT_UPDATING = MAX ^ READ_UPDATING;
    var READ_NO_READ_AHEAD = MAX ^ READ_READ_AHEAD;
    var READ_PAUSED_NO_READ_AHEAD = MAX ^ READ_RESUMED_READ_AHEAD;
    var WRITE_ACTIVE = 1 << 18;
    var WRITE_UPDATING = 2 << 18;
    var WRITE_PRIMARY = 4 << 18;
    var WRITE_QUEUED = 8 << 18;
    var WRITE_UNDRAINED = 16 << 18;
    var WRITE_DONE = 32 << 18;
    var WRITE_EMIT_DRAIN = 64 << 18;
    var WRITE_NEXT_TICK = 128 << 18;
    var WRITE_WRITING = 256 << 18;
    var WRITE_FINISHING = 512 << 18;
    var WRITE_CORKED = 1024 << 18;
    var WRITE_NOT_ACTIVE = MAX ^ (WRITE_ACTIVE | WRITE_WRITING);
    var WRITE_NON_PRIMARY = MAX ^ WRITE_PRIMARY;
    var WRITE_NOT_FINISHING = MAX ^ (WRITE_ACTIVE | WRITE_FINISHING);
    var WRITE_DRAINED = MAX ^ WRITE_UNDRAINED;
    var WRITE_NOT_QUEUED = MAX ^ WRITE_QUEUED;
    var WRITE_NOT_NEXT_TICK = MAX ^ WRITE_NEXT_TICK;
    var WRITE_NOT_UPDATING = MAX ^ WRITE_UPDATING;
    var WRITE_NOT_CORKED = MAX ^ WRITE_CORKED;
    var ACTIVE = READ_ACTIVE | WRITE_ACTIVE;
    var NOT_ACTIVE = MAX ^ ACTIVE;
    var DONE = READ_DONE | WRITE_DONE;
    var DESTROY_STATUS = DESTROYING | DESTROYED | PREDESTROYING;
    var OPEN_STATUS = DESTROY_STATUS | OPENING;
    var AUTO_DESTROY = DESTROY_STATUS | DONE;
    var NON_PRIMARY = WRITE_NON_PRIMARY & READ_NON_PRIMARY;
    var ACTIVE_OR_TICKING = WRITE_NEXT_TICK | READ_NEXT_TICK;
    var TICKING = ACTIVE_OR_TICKING & NOT_ACTIVE;
    var IS_OPENING = OPEN_STATUS | TICKING;
    var READ_PRIMARY_STATUS = OPEN_STATUS | READ_ENDING | READ_DONE;
    var READ_STATUS = OPEN_STATUS | READ_DONE | READ_QUEUED;
    var READ_ENDING_STATUS = OPEN_STATUS | READ_ENDING | READ_QUEUED;
    var READ_READABLE_STATUS = OPEN_STATUS | READ_EMIT_READABLE | READ_QUEUED | READ_EMITTED_READABLE;
    var SHOULD_NOT_READ = OPEN_STATUS | READ_ACTIVE | READ_ENDING | READ_DONE | READ_NEEDS_PUSH | READ_READ_AHEAD;
    var READ_BACKPRESSURE_STATUS = DESTROY_STATUS | READ_ENDING | READ_DONE;
    var READ_UPDATE_SYNC_STATUS = READ_UPDATING | OPEN_STATUS | READ_NEXT_TICK | READ_PRIMARY;
    var READ_NEXT_TICK_OR_OPENING = READ_NEXT_TICK | OPENING;
    var WRITE_PRIMARY_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_QUEUED_AND_UNDRAINED = WRITE_QUEUED | WRITE_UNDRAINED;
    var WRITE_QUEUED_AND_ACTIVE = WRITE_QUEUED | WRITE_ACTIVE;
    var WRITE_DRAIN_STATUS = WRITE_QUEUED | WRITE_UNDRAINED | OPEN_STATUS | WRITE_ACTIVE;
    var WRITE_STATUS = OPEN_STATUS | WRITE_ACTIVE | WRITE_QUEUED | WRITE_CORKED;
    var WRITE_PRIMARY_AND_ACTIVE = WRITE_PRIMARY | WRITE_ACTIVE;
    var WRITE_ACTIVE_AND_WRITING = WRITE_ACTIVE | WRITE_WRITING;
    var WRITE_FINISHING_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_QUEUED_AND_ACTIVE | WRITE_DONE;
    var WRITE_BACKPRESSURE_STATUS = WRITE_UNDRAINED | DESTROY_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_UPDATE_SYNC_STATUS = WRITE_UPDATING | OPEN_STATUS | WRITE_NEXT_TICK | WRITE_PRIMARY;
    var WRITE_DROP_DATA = WRITE_FINISHING | WRITE_DONE | DESTROY_STATUS;
    var asyncIterator = Symbol.asyncIterator || /* @__PURE__ */ Symbol("asyncIterator");
    var WritableState = class {
      constructor(stream, { highWaterMark = 16384, map = null, mapWritable, byteLength, byteLengthWritable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark;
        this.buffered = 0;
        this.error = null;
        this.pipeline = null;
        this.drains = null;
        this.byteLength = byteLengthWritable || byteLength || defaultByteLength;
        this.map = mapWritable || map;
        this.afterWrite = afterWrite.bind(this);
        this.afterUpdateNextTick = updateWriteNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & WRITE_FINISHING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & WRITE_DONE) !== 0;
      }
      push(data) {
        if ((this.stream._duplexState & WRITE_DROP_DATA) !== 0) return false;
        if (this.map !== null) data = this.map(data);
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        if (this.buffered < this.highWaterMark) {
          this.stream._duplexState |= WRITE_QUEUED;
          return true;
        }
        this.stream._duplexState |= WRITE_QUEUED_AND_UNDRAINED;
        return false;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) this.stream._duplexState &= WRITE_NOT_QUEUED;
        return data;
      }
      end(data) {
        if (typeof data === "function") {
          this.stream.once("finish", data);
        } else if (data !== void 0 && data !== null) {
          this.push(data);
        }
        this.stream._duplexState = (this.stream._duplexState | WRITE_FINISHING) & WRITE_NON_PRIMARY;
      }
      autoBatch(data, cb) {
        const buffer2 = [];
        const stream = this.stream;
        buffer2.push(data);
        while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED_AND_ACTIVE) {
          buffer2.push(stream._writableState.shift());
        }
        if ((stream._duplexState & OPEN_STATUS) !== 0) return cb(null);
        stream._writev(buffer2, cb);
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= WRITE_UPDATING;
        do {
          while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED) {
            const data = this.shift();
            stream._duplexState |= WRITE_ACTIVE_AND_WRITING;
            stream._write(data, this.afterWrite);
          }
          if ((stream._duplexState & WRITE_PRIMARY_AND_ACTIVE) === 0) this.updateNonPrimary();
        } while (this.continueUpdate() === true);
        stream._duplexState &= WRITE_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & WRITE_FINISHING_STATUS) === WRITE_FINISHING) {
          stream._duplexState = stream._duplexState | WRITE_ACTIVE;
          stream._final(afterFinal.bind(this));
          return;
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & WRITE_UPDATE_SYNC_STATUS) === WRITE_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTick() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= WRITE_NEXT_TICK;
        if ((this.stream._duplexState & WRITE_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var ReadableState = class {
      constructor(stream, { highWaterMark = 16384, map = null, mapReadable, byteLength, byteLengthReadable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark === 0 ? 1 : highWaterMark;
        this.buffered = 0;
        this.readAhead = highWaterMark > 0;
        this.error = null;
        this.pipeline = null;
        this.byteLength = byteLengthReadable || byteLength || defaultByteLength;
        this.map = mapReadable || map;
        this.pipeTo = null;
        this.afterRead = afterRead.bind(this);
        this.afterUpdateNextTick = updateReadNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & READ_ENDING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & READ_DONE) !== 0;
      }
      pipe(pipeTo, cb) {
        if (this.pipeTo !== null) throw StreamError.BAD_ARGUMENT("Can only pipe to one destination");
        if (typeof cb !== "function") cb = null;
        this.stream._duplexState |= READ_PIPE_DRAINED;
        this.pipeTo = pipeTo;
        this.pipeline = new Pipeline(this.stream, pipeTo, cb);
        if (cb) this.stream.on("error", noop);
        if (isStreamx(pipeTo)) {
          pipeTo._writableState.pipeline = this.pipeline;
          if (cb) pipeTo.on("error", noop);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        } else {
          const onerror = this.pipeline.done.bind(this.pipeline, pipeTo);
          const onclose = this.pipeline.done.bind(this.pipeline, pipeTo, null);
          pipeTo.on("error", onerror);
          pipeTo.on("close", onclose);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        }
        pipeTo.on("drain", afterDrain.bind(this));
        this.stream.emit("piping", pipeTo);
        pipeTo.emit("pipe", this.stream);
      }
      push(data) {
        const stream = this.stream;
        if (data === null) {
          this.highWaterMark = 0;
          stream._duplexState = (stream._duplexState | READ_ENDING) & READ_NON_PRIMARY_AND_PUSHED;
          return false;
        }
        if (this.map !== null) {
          data = this.map(data);
          if (data === null) {
            stream._duplexState &= READ_PUSHED;
            return this.buffered < this.highWaterMark;
          }
        }
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        stream._duplexState = (stream._duplexState | READ_QUEUED) & READ_PUSHED;
        return this.buffered < this.highWaterMark;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) {
          this.stream._duplexState &= READ_NOT_QUEUED;
        }
        return data;
      }
      unshift(data) {
        const pending = [this.map !== null ? this.map(data) : data];
        while (this.buffered > 0) pending.push(this.shift());
        for (let i = 0; i < pending.length - 1; i++) {
          const data2 = pending[i];
          this.buffered += this.byteLength(data2);
          this.queue.push(data2);
        }
        this.push(pending[pending.length - 1]);
      }
      read() {
        const stream = this.stream;
        if ((stream._duplexState & READ_STATUS) === READ_QUEUED) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
          return data;
        }
        if (this.readAhead === false) {
          stream._duplexState |= READ_READ_AHEAD;
          this.updateNextTick();
        }
        return null;
      }
      drain() {
        const stream = this.stream;
        while ((stream._duplexState & READ_STATUS) === READ_QUEUED && (stream._duplexState & READ_FLOWING) !== 0) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
        }
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= READ_UPDATING;
        do {
          this.drain();
          while (this.buffered < this.highWaterMark && (stream._duplexState & SHOULD_NOT_READ) === READ_READ_AHEAD) {
            stream._duplexState |= READ_ACTIVE_AND_NEEDS_PUSH;
            stream._read(this.afterRead);
            this.drain();
          }
          if ((stream._duplexState & READ_READABLE_STATUS) === READ_EMIT_READABLE_AND_QUEUED) {
            stream._duplexState |= READ_EMITTED_READABLE;
            stream.emit("readable");
          }
          if ((stream._duplexState & READ_PRIMARY_AND_ACTIVE) === 0) {
            this.updateNonPrimary();
          }
        } while (this.continueUpdate() === true);
        stream._duplexState &= READ_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & READ_ENDING_STATUS) === READ_ENDING) {
          stream._duplexState = (stream._duplexState | READ_DONE) & READ_NOT_ENDING;
          stream.emit("end");
          if ((stream._duplexState & AUTO_DESTROY) === DONE) {
            stream._duplexState |= DESTROYING;
          }
          if (this.pipeTo !== null) {
            this.pipeTo.end();
          }
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & READ_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & READ_UPDATE_SYNC_STATUS) === READ_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTickIfOpen() {
        if ((this.stream._duplexState & READ_NEXT_TICK_OR_OPENING) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
      updateNextTick() {
        if ((this.stream._duplexState & READ_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var TransformState = class {
      constructor(stream) {
        this.data = null;
        this.afterTransform = afterTransform.bind(stream);
        this.afterFinal = null;
      }
    };
    var Pipeline = class {
      constructor(src, dst, cb) {
        this.from = src;
        this.to = dst;
        this.afterPipe = cb;
        this.error = null;
        this.pipeToFinished = false;
      }
      finished() {
        this.pipeToFinished = true;
      }
      done(stream, err) {
        if (err) this.error = err;
        if (stream === this.to) {
          this.to = null;
          if (this.from !== null) {
            if ((this.from._duplexState & READ_DONE) === 0 || !this.pipeToFinished) {
              this.from.destroy(this.error || StreamError.PREMATURE_CLOSE("Writable stream closed"));
            }
            return;
          }
        }
        if (stream === this.from) {
          this.from = null;
          if (this.to !== null) {
            if ((stream._duplexState & READ_DONE) === 0) {
              this.to.destroy(this.error || StreamError.PREMATURE_CLOSE("Readable stream closed"));
            }
            return;
          }
        }
        if (this.afterPipe !== null) this.afterPipe(this.error);
        this.to = this.from = this.afterPipe = null;
      }
    };
    function afterDrain() {
      this.stream._duplexState |= READ_PIPE_DRAINED;
      this.updateCallback();
    }
    function afterFinal(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROY_STATUS) === 0) {
        stream._duplexState |= WRITE_DONE;
        stream.emit("finish");
      }
      if ((stream._duplexState & AUTO_DESTROY) === DONE) {
        stream._duplexState |= DESTROYING;
      }
      stream._duplexState &= WRITE_NOT_FINISHING;
      if ((stream._duplexState & WRITE_UPDATING) === 0) {
        this.update();
      } else {
        this.updateNextTick();
      }
    }
    function afterDestroy(err) {
      const stream = this.stream;
      if (!err && !StreamError.isStreamDestroyed(this.error)) err = this.error;
      if (err) stream.emit("error", err);
      stream._duplexState |= DESTROYED;
      stream.emit("close");
      const rs = stream._readableState;
      const ws = stream._writableState;
      if (rs !== null && rs.pipeline !== null) {
        rs.pipeline.done(stream, err);
      }
      if (ws !== null) {
        while (ws.drains !== null && ws.drains.length > 0) {
          ws.drains.shift().resolve(false);
        }
        if (ws.pipeline !== null) {
          ws.pipeline.done(stream, err);
        }
      }
    }
    function afterWrite(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      stream._duplexState &= WRITE_NOT_ACTIVE;
      if (this.drains !== null) tickDrains(this.drains);
      if ((stream._duplexState & WRITE_DRAIN_STATUS) === WRITE_UNDRAINED) {
        stream._duplexState &= WRITE_DRAINED;
        if ((stream._duplexState & WRITE_EMIT_DRAIN) === WRITE_EMIT_DRAIN) {
          stream.emit("drain");
        }
      }
      this.updateCallback();
    }
    function afterRead(err) {
      if (err) this.stream.destroy(err);
      this.stream._duplexState &= READ_NOT_ACTIVE;
      if (this.readAhead === false && (this.stream._duplexState & READ_RESUMED) === 0) {
        this.stream._duplexState &= READ_NO_READ_AHEAD;
      }
      this.updateCallback();
    }
    function updateReadNT() {
      if ((this.stream._duplexState & READ_UPDATING) === 0) {
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        this.update();
      }
    }
    function updateWriteNT() {
      if ((this.stream._duplexState & WRITE_UPDATING) === 0) {
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        this.update();
      }
    }
    function tickDrains(drains) {
      for (let i = 0; i < drains.length; i++) {
        if (--drains[i].writes === 0) {
          drains.shift().resolve(true);
          i--;
        }
      }
    }
    function afterOpen(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROYING) === 0) {
        if ((stream._duplexState & READ_PRIMARY_STATUS) === 0) {
          stream._duplexState |= READ_PRIMARY;
        }
        if ((stream._duplexState & WRITE_PRIMARY_STATUS) === 0) {
          stream._duplexState |= WRITE_PRIMARY;
        }
        stream.emit("open");
      }
      stream._duplexState &= NOT_ACTIVE;
      if (stream._writableState !== null) {
        stream._writableState.updateCallback();
      }
      if (stream._readableState !== null) {
        stream._readableState.updateCallback();
      }
    }
    function afterTransform(err, data) {
      if (data !== void 0 && data !== null) this.push(data);
      this._writableState.afterWrite(err);
    }
    function newListener(name) {
      if (this._readableState !== null) {
        if (name === "data") {
          this._duplexState |= READ_EMIT_DATA | READ_RESUMED_READ_AHEAD;
          this._readableState.updateNextTick();
        }
        if (name === "readable") {
          this._duplexState |= READ_EMIT_READABLE;
          this._readableState.updateNextTick();
        }
      }
      if (this._writableState !== null) {
        if (name === "drain") {
          this._duplexState |= WRITE_EMIT_DRAIN;
          this._writableState.updateNextTick();
        }
      }
    }
    var Stream = class extends EventEmitter {
      constructor(opts) {
        super();
        this._duplexState = 0;
        this._readableState = null;
        this._writableState = null;
        if (opts) {
          if (opts.open) this._open = opts.open;
          if (opts.destroy) this._destroy = opts.destroy;
          if (opts.predestroy) this._predestroy = opts.predestroy;
          if (opts.signal) opts.signal.addEventListener("abort", abort.bind(this));
        }
        this.on("newListener", newListener);
      }
      _open(cb) {
        cb(null);
      }
      _destroy(cb) {
        cb(null);
      }
      _predestroy() {
      }
      get readable() {
        return this._readableState !== null ? true : void 0;
      }
      get writable() {
        return this._writableState !== null ? true : void 0;
      }
      get destroyed() {
        return (this._duplexState & DESTROYED) !== 0;
      }
      get destroying() {
        return (this._duplexState & DESTROY_STATUS) !== 0;
      }
      destroy(err) {
        if ((this._duplexState & DESTROY_STATUS) === 0) {
          if (!err) err = StreamError.STREAM_DESTROYED();
          this._duplexState = (this._duplexState | DESTROYING) & NON_PRIMARY;
          if (this._readableState !== null) {
            this._readableState.highWaterMark = 0;
            this._readableState.error = err;
          }
          if (this._writableState !== null) {
            this._writableState.highWaterMark = 0;
            this._writableState.error = err;
          }
          this._duplexState |= PREDESTROYING;
          this._predestroy();
          this._duplexState &= NOT_PREDESTROYING;
          if (this._readableState !== null) {
            this._readableState.updateNextTick();
          }
          if (this._writableState !== null) {
            this._writableState.updateNextTick();
          }
        }
      }
    };
    var Readable = class _Readable extends Stream {
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | WRITE_DONE | READ_READ_AHEAD;
        this._readableState = new ReadableState(this, opts);
        if (opts) {
          if (this._readableState.readAhead === false) this._duplexState &= READ_NO_READ_AHEAD;
          if (opts.read) this._read = opts.read;
          if (opts.eagerOpen) this._readableState.updateNextTick();
          if (opts.encoding) this.setEncoding(opts.encoding);
        }
      }
      static deferred(fn, opts) {
        const out = new PassThrough2(opts);
        fn().then((src) => {
          if (src === null) return out.end();
          if (out.destroying) return;
          pipeline2(src, out, noop);
        }).catch((err) => out.destroy(err));
        return out;
      }
      setEncoding(encoding) {
        const dec = new TextDecoder(encoding);
        const map = this._readableState.map || echo;
        this._readableState.map = mapOrSkip;
        return this;
        function mapOrSkip(data) {
          const next = dec.push(data);
          return next === "" && (data.byteLength !== 0 || dec.remaining > 0) ? null : map(next);
        }
      }
      _read(cb) {
        cb(null);
      }
      pipe(dest, cb) {
        this._readableState.updateNextTick();
        this._readableState.pipe(dest, cb);
        return dest;
      }
      read() {
        this._readableState.updateNextTick();
        return this._readableState.read();
      }
      push(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.push(data);
      }
      unshift(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.unshift(data);
      }
      resume() {
        this._duplexState |= READ_RESUMED_READ_AHEAD;
        this._readableState.updateNextTick();
        return this;
      }
      pause() {
        this._duplexState &= this._readableState.readAhead === false ? READ_PAUSED_NO_READ_AHEAD : READ_PAUSED;
        return this;
      }
      static _fromAsyncIterator(ite, opts) {
        let destroy;
        const rs = new _Readable({
          ...opts,
          read(cb) {
            ite.next().then(push).then(cb.bind(null, null)).catch(cb);
          },
          predestroy() {
            destroy = ite.return();
          },
          destroy(cb) {
            if (!destroy) return cb(null);
            destroy.then(cb.bind(null, null)).catch(cb);
          }
        });
        return rs;
        function push(data) {
          if (data.done) rs.push(null);
          else rs.push(data.value);
        }
      }
      static from(data, opts) {
        if (isReadStreamx(data)) return data;
        if (data[asyncIterator]) return this._fromAsyncIterator(data[asyncIterator](), opts);
        if (!Array.isArray(data)) data = data === void 0 ? [] : [data];
        let i = 0;
        return new _Readable({
          ...opts,
          read(cb) {
            this.push(i === data.length ? null : data[i++]);
            cb(null);
          }
        });
      }
      static isBackpressured(rs) {
        return (rs._duplexState & READ_BACKPRESSURE_STATUS) !== 0 || rs._readableState.buffered >= rs._readableState.highWaterMark;
      }
      static isPaused(rs) {
        return (rs._duplexState & READ_RESUMED) === 0;
      }
      [asyncIterator]() {
        const stream = this;
        let error2 = null;
        let promiseResolve = null;
        let promiseReject = null;
        this.on("error", (err) => {
          error2 = err;
        });
        this.on("readable", onreadable);
        this.on("close", onclose);
        return {
          [asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(function(resolve4, reject) {
              promiseResolve = resolve4;
              promiseReject = reject;
              const data = stream.read();
              if (data !== null) ondata(data);
              else if ((stream._duplexState & DESTROYED) !== 0) ondata(null);
            });
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function onreadable() {
          if (promiseResolve !== null) ondata(stream.read());
        }
        function onclose() {
          if (promiseResolve !== null) ondata(null);
        }
        function ondata(data) {
          if (promiseReject === null) return;
          if (error2) {
            promiseReject(error2);
          } else if (data === null && (stream._duplexState & READ_DONE) === 0) {
            promiseReject(StreamError.STREAM_DESTROYED());
          } else {
            promiseResolve({ value: data, done: data === null });
          }
          promiseReject = promiseResolve = null;
        }
        function destroy(err) {
          stream.destroy(err);
          return new Promise((resolve4, reject) => {
            if (stream._duplexState & DESTROYED) return resolve4({ value: void 0, done: true });
            stream.once("close", function() {
              if (err) reject(err);
              else resolve4({ value: void 0, done: true });
            });
          });
        }
      }
    };
    var Writable = class extends Stream {
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | READ_DONE;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
          if (opts.eagerOpen) this._writableState.updateNextTick();
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      static isBackpressured(ws) {
        return (ws._duplexState & WRITE_BACKPRESSURE_STATUS) !== 0;
      }
      static drained(ws) {
        if (ws.destroyed) return Promise.resolve(false);
        const state = ws._writableState;
        const pending = isWritev(ws) ? Math.min(1, state.queue.length) : state.queue.length;
        const writes = pending + (ws._duplexState & WRITE_WRITING ? 1 : 0);
        if (writes === 0) return Promise.resolve(true);
        if (state.drains === null) state.drains = [];
        return new Promise((resolve4) => {
          state.drains.push({ writes, resolve: resolve4 });
        });
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Duplex = class extends Readable {
      // and Writable
      constructor(opts) {
        super(opts);
        this._duplexState = OPENING | this._duplexState & READ_READ_AHEAD;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Transform2 = class extends Duplex {
      constructor(opts) {
        super(opts);
        this._transformState = new TransformState(this);
        if (opts) {
          if (opts.transform) this._transform = opts.transform;
          if (opts.flush) this._flush = opts.flush;
        }
      }
      _write(data, cb) {
        if (this._readableState.buffered >= this._readableState.highWaterMark) {
          this._transformState.data = data;
        } else {
          this._transform(data, this._transformState.afterTransform);
        }
      }
      _read(cb) {
        if (this._transformState.data !== null) {
          const data = this._transformState.data;
          this._transformState.data = null;
          cb(null);
          this._transform(data, this._transformState.afterTransform);
        } else {
          cb(null);
        }
      }
      destroy(err) {
        super.destroy(err);
        if (this._transformState.data !== null) {
          this._transformState.data = null;
          this._transformState.afterTransform();
        }
      }
      _transform(data, cb) {
        cb(null, data);
      }
      _flush(cb) {
        cb(null);
      }
      _final(cb) {
        this._transformState.afterFinal = cb;
        this._flush(transformAfterFlush.bind(this));
      }
    };
    var PassThrough2 = class extends Transform2 {
    };
    function transformAfterFlush(err, data) {
      const cb = this._transformState.afterFinal;
      if (err) return cb(err);
      if (data !== null && data !== void 0) this.push(data);
      this.push(null);
      cb(null);
    }
    function pipelinePromise(...streams) {
      return new Promise((resolve4, reject) => {
        return pipeline2(...streams, (err) => {
          if (err) return reject(err);
          resolve4();
        });
      });
    }
    function pipeline2(stream, ...streams) {
      const all = Array.isArray(stream) ? [...stream, ...streams] : [stream, ...streams];
      const done = all.length && typeof all[all.length - 1] === "function" ? all.pop() : null;
      if (all.length < 2) throw StreamError.BAD_ARGUMENT("Pipeline requires at least 2 streams");
      let src = all[0];
      let dest = null;
      let error2 = null;
      for (let i = 1; i < all.length; i++) {
        dest = all[i];
        if (isStreamx(src)) {
          src.pipe(dest, onerror);
        } else {
          errorHandle(src, true, i > 1, onerror);
          src.pipe(dest);
        }
        src = dest;
      }
      if (done) {
        let fin = false;
        const autoDestroy = isStreamx(dest) || !!(dest._writableState && dest._writableState.autoDestroy);
        dest.on("error", (err) => {
          if (error2 === null) error2 = err;
        });
        dest.on("finish", () => {
          fin = true;
          if (!autoDestroy) done(error2);
        });
        if (autoDestroy) {
          dest.on("close", () => done(error2 || (fin ? null : StreamError.PREMATURE_CLOSE())));
        }
      }
      return dest;
      function errorHandle(s, rd, wr, onerror2) {
        s.on("error", onerror2);
        s.on("close", onclose);
        function onclose() {
          if (rd && s._readableState && !s._readableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
          if (wr && s._writableState && !s._writableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
        }
      }
      function onerror(err) {
        if (!err || error2) return;
        error2 = err;
        for (const s of all) {
          s.destroy(err);
        }
      }
    }
    function echo(s) {
      return s;
    }
    function isStream(stream) {
      return !!stream._readableState || !!stream._writableState;
    }
    function isStreamx(stream) {
      return typeof stream._duplexState === "number" && isStream(stream);
    }
    function isEnding(stream) {
      return !!stream._readableState && stream._readableState.ending;
    }
    function isEnded(stream) {
      return !!stream._readableState && stream._readableState.ended;
    }
    function isFinishing(stream) {
      return !!stream._writableState && stream._writableState.ending;
    }
    function isFinished(stream) {
      return !!stream._writableState && stream._writableState.ended;
    }
    function getStreamError(stream, opts = {}) {
      const err = stream._readableState && stream._readableState.error || stream._writableState && stream._writableState.error;
      return !opts.all && StreamError.isStreamDestroyed(err) ? null : err;
    }
    function isReadStreamx(stream) {
      return isStreamx(stream) && stream.readable;
    }
    function isDisturbed(stream) {
      return (stream._duplexState & OPENING) !== OPENING || (stream._duplexState & DESTROYING) === DESTROYING || (stream._duplexState & ACTIVE_OR_TICKING) !== 0;
    }
    function isTypedArray(data) {
      return typeof data === "object" && data !== null && typeof data.byteLength === "number";
    }
    function defaultByteLength(data) {
      return isTypedArray(data) ? data.byteLength : 1024;
    }
    function noop() {
    }
    function abort() {
      this.destroy(StreamError.ABORTED());
    }
    function isWritev(s) {
      return s._writev !== Writable.prototype._writev && s._writev !== Duplex.prototype._writev;
    }
    module.exports = {
      pipeline: pipeline2,
      pipelinePromise,
      isStream,
      isStreamx,
      isEnding,
      isEnded,
      isFinishing,
      isFinished,
      isDisturbed,
      getStreamError,
      Stream,
      Writable,
      Readable,
      Duplex,
      Transform: Transform2,
      // Export PassThrough for compatibility with Node.js core's stream module
      PassThrough: PassThrough2
    };
  }
});

// node_modules/tar-stream/headers.js
var require_headers = __commonJS({
  "node_modules/tar-stream/headers.js"(exports) {
    var b4a = require_b4a();
    var ZEROS = "0000000000000000000";
    var SEVENS = "7777777777777777777";
    var ZERO_OFFSET = "0".charCodeAt(0);
    var USTAR_MAGIC = b4a.from([117, 115, 116, 97, 114, 0]);
    var USTAR_VER = b4a.from([ZERO_OFFSET, ZERO_OFFSET]);
    var GNU_MAGIC = b4a.from([117, 115, 116, 97, 114, 32]);
    var GNU_VER = b4a.from([32, 0]);
    var MASK = 4095;
    var MAGIC_OFFSET = 257;
    var VERSION_OFFSET = 263;
    exports.decodeLongPath = function decodeLongPath(buf, encoding) {
      return decodeStr(buf, 0, buf.length, encoding);
    };
    exports.encodePax = function encodePax(opts) {
      let result = "";
      if (opts.name) result += addLength(" path=" + opts.name + "\n");
      if (opts.linkname) result += addLength(" linkpath=" + opts.linkname + "\n");
      const pax = opts.pax;
      if (pax) {
        for (const key in pax) {
          result += addLength(" " + key + "=" + pax[key] + "\n");
        }
      }
      return b4a.from(result);
    };
    exports.decodePax = function decodePax(buf) {
      const result = {};
      while (buf.length) {
        let i = 0;
        while (i < buf.length && buf[i] !== 32) i++;
        const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
        if (!len) return result;
        const b = b4a.toString(buf.subarray(i + 1, len - 1));
        const keyIndex = b.indexOf("=");
        if (keyIndex === -1) return result;
        result[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
        buf = buf.subarray(len);
      }
      return result;
    };
    exports.encode = function encode(opts) {
      const buf = b4a.alloc(512);
      let name = opts.name;
      let prefix = "";
      if (opts.typeflag === 5 && name[name.length - 1] !== "/") name += "/";
      if (b4a.byteLength(name) !== name.length) return null;
      while (b4a.byteLength(name) > 100) {
        const i = name.indexOf("/");
        if (i === -1) return null;
        prefix += prefix ? "/" + name.slice(0, i) : name.slice(0, i);
        name = name.slice(i + 1);
      }
      if (b4a.byteLength(name) > 100 || b4a.byteLength(prefix) > 155) return null;
      if (opts.linkname && b4a.byteLength(opts.linkname) > 100) return null;
      b4a.write(buf, name);
      b4a.write(buf, encodeOct(opts.mode & MASK, 6), 100);
      b4a.write(buf, encodeOct(opts.uid, 6), 108);
      b4a.write(buf, encodeOct(opts.gid, 6), 116);
      encodeSize(opts.size, buf, 124);
      b4a.write(buf, encodeOct(opts.mtime.getTime() / 1e3 | 0, 11), 136);
      buf[156] = ZERO_OFFSET + toTypeflag(opts.type);
      if (opts.linkname) b4a.write(buf, opts.linkname, 157);
      b4a.copy(USTAR_MAGIC, buf, MAGIC_OFFSET);
      b4a.copy(USTAR_VER, buf, VERSION_OFFSET);
      if (opts.uname) b4a.write(buf, opts.uname, 265);
      if (opts.gname) b4a.write(buf, opts.gname, 297);
      b4a.write(buf, encodeOct(opts.devmajor || 0, 6), 329);
      b4a.write(buf, encodeOct(opts.devminor || 0, 6), 337);
      if (prefix) b4a.write(buf, prefix, 345);
      b4a.write(buf, encodeOct(cksum(buf), 6), 148);
      return buf;
    };
    exports.decode = function decode(buf, filenameEncoding, allowUnknownFormat) {
      let typeflag = buf[156] === 0 ? 0 : buf[156] - ZERO_OFFSET;
      let name = decodeStr(buf, 0, 100, filenameEncoding);
      const mode = decodeOct(buf, 100, 8);
      const uid = decodeOct(buf, 108, 8);
      const gid = decodeOct(buf, 116, 8);
      const size = decodeOct(buf, 124, 12);
      const mtime = decodeOct(buf, 136, 12);
      const type = toType(typeflag);
      const linkname = buf[157] === 0 ? null : decodeStr(buf, 157, 100, filenameEncoding);
      const uname = decodeStr(buf, 265, 32);
      const gname = decodeStr(buf, 297, 32);
      const devmajor = decodeOct(buf, 329, 8);
      const devminor = decodeOct(buf, 337, 8);
      const c = cksum(buf);
      if (c === 8 * 32) return null;
      if (c !== decodeOct(buf, 148, 8)) throw new Error("Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?");
      if (isUSTAR(buf)) {
        if (buf[345]) name = decodeStr(buf, 345, 155, filenameEncoding) + "/" + name;
      } else if (isGNU(buf)) {
      } else {
        if (!allowUnknownFormat) {
          throw new Error("Invalid tar header: unknown format.");
        }
      }
      if (typeflag === 0 && name && name[name.length - 1] === "/") typeflag = 5;
      return {
        name,
        mode,
        uid,
        gid,
        size,
        byteOffset: 0,
        mtime: new Date(1e3 * mtime),
        type,
        linkname,
        uname,
        gname,
        devmajor,
        devminor,
        pax: null
      };
    };
    function isUSTAR(buf) {
      return b4a.equals(USTAR_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6));
    }
    function isGNU(buf) {
      return b4a.equals(GNU_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6)) && b4a.equals(GNU_VER, buf.subarray(VERSION_OFFSET, VERSION_OFFSET + 2));
    }
    function clamp(index, len, defaultValue) {
      if (typeof index !== "number") return defaultValue;
      index = ~~index;
      if (index >= len) return len;
      if (index >= 0) return index;
      index += len;
      if (index >= 0) return index;
      return 0;
    }
    function toType(flag) {
      switch (flag) {
        case 0:
          return "file";
        case 1:
          return "link";
        case 2:
          return "symlink";
        case 3:
          return "character-device";
        case 4:
          return "block-device";
        case 5:
          return "directory";
        case 6:
          return "fifo";
        case 7:
          return "contiguous-file";
        case 72:
          return "pax-header";
        case 55:
          return "pax-global-header";
        case 27:
          return "gnu-long-link-path";
        case 28:
        case 30:
          return "gnu-long-path";
      }
      return null;
    }
    function toTypeflag(flag) {
      switch (flag) {
        case "file":
          return 0;
        case "link":
          return 1;
        case "symlink":
          return 2;
        case "character-device":
          return 3;
        case "block-device":
          return 4;
        case "directory":
          return 5;
        case "fifo":
          return 6;
        case "contiguous-file":
          return 7;
        case "pax-header":
          return 72;
      }
      return 0;
    }
    function indexOf(block, num, offset, end) {
      for (; offset < end; offset++) {
        if (block[offset] === num) return offset;
      }
      return end;
    }
    function cksum(block) {
      let sum = 8 * 32;
      for (let i = 0; i < 148; i++) sum += block[i];
      for (let j = 156; j < 512; j++) sum += block[j];
      return sum;
    }
    function encodeOct(val, n) {
      val = val.toString(8);
      if (val.length > n) return SEVENS.slice(0, n) + " ";
      return ZEROS.slice(0, n - val.length) + val + " ";
    }
    function encodeSizeBin(num, buf, off) {
      buf[off] = 128;
      for (let i = 11; i > 0; i--) {
        buf[off + i] = num & 255;
        num = Math.floor(num / 256);
      }
    }
    function encodeSize(num, buf, off) {
      if (num.toString(8).length > 11) {
        encodeSizeBin(num, buf, off);
      } else {
        b4a.write(buf, encodeOct(num, 11), off);
      }
    }
    function parse256(buf) {
      let positive;
      if (buf[0] === 128) positive = true;
      else if (buf[0] === 255) positive = false;
      else return null;
      const tuple = [];
      let i;
      for (i = buf.length - 1; i > 0; i--) {
        const byte = buf[i];
        if (positive) tuple.push(byte);
        else tuple.push(255 - byte);
      }
      let sum = 0;
      const l = tuple.length;
      for (i = 0; i < l; i++) {
        sum += tuple[i] * Math.pow(256, i);
      }
      return positive ? sum : -1 * sum;
    }
    function decodeOct(val, offset, length) {
      val = val.subarray(offset, offset + length);
      offset = 0;
      if (val[offset] & 128) {
        return parse256(val);
      } else {
        while (offset < val.length && val[offset] === 32) offset++;
        const end = clamp(indexOf(val, 32, offset, val.length), val.length, val.length);
        while (offset < end && val[offset] === 0) offset++;
        if (end === offset) return 0;
        return parseInt(b4a.toString(val.subarray(offset, end)), 8);
      }
    }
    function decodeStr(val, offset, length, encoding) {
      return b4a.toString(val.subarray(offset, indexOf(val, 0, offset, offset + length)), encoding);
    }
    function addLength(str) {
      const len = b4a.byteLength(str);
      let digits = Math.floor(Math.log(len) / Math.log(10)) + 1;
      if (len + digits >= Math.pow(10, digits)) digits++;
      return len + digits + str;
    }
  }
});

// node_modules/tar-stream/extract.js
var require_extract = __commonJS({
  "node_modules/tar-stream/extract.js"(exports, module) {
    var { Writable, Readable, getStreamError } = require_streamx();
    var FIFO = require_fast_fifo();
    var b4a = require_b4a();
    var headers = require_headers();
    var EMPTY = b4a.alloc(0);
    var MAX_HEADER_SIZE = 4 * 1024 * 1024;
    var BufferList = class {
      constructor() {
        this.buffered = 0;
        this.shifted = 0;
        this.queue = new FIFO();
        this._offset = 0;
      }
      push(buffer2) {
        this.buffered += buffer2.byteLength;
        this.queue.push(buffer2);
      }
      shiftFirst(size) {
        return this.buffered === 0 ? null : this._next(size);
      }
      shift(size) {
        if (size > this.buffered) return null;
        if (size === 0) return EMPTY;
        let chunk = this._next(size);
        if (size === chunk.byteLength) return chunk;
        const chunks = [chunk];
        while ((size -= chunk.byteLength) > 0) {
          chunk = this._next(size);
          chunks.push(chunk);
        }
        return b4a.concat(chunks);
      }
      _next(size) {
        const buf = this.queue.peek();
        const rem = buf.byteLength - this._offset;
        if (size >= rem) {
          const sub = this._offset ? buf.subarray(this._offset, buf.byteLength) : buf;
          this.queue.shift();
          this._offset = 0;
          this.buffered -= rem;
          this.shifted += rem;
          return sub;
        }
        this.buffered -= size;
        this.shifted += size;
        return buf.subarray(this._offset, this._offset += size);
      }
    };
    var Source = class extends Readable {
      constructor(self, header, offset) {
        super();
        this.header = header;
        this.offset = offset;
        this._parent = self;
      }
      _read(cb) {
        if (this.header.size === 0) {
          this.push(null);
        }
        if (this._parent._stream === this) {
          this._parent._update();
        }
        cb(null);
      }
      _predestroy() {
        this._parent.destroy(getStreamError(this));
      }
      _detach() {
        if (this._parent._stream === this) {
          this._parent._stream = null;
          this._parent._missing = overflow(this.header.size);
          this._parent._update();
        }
      }
      _destroy(cb) {
        this._detach();
        cb(null);
      }
    };
    var Extract = class extends Writable {
      constructor(opts) {
        super(opts);
        if (!opts) opts = {};
        this._buffer = new BufferList();
        this._offset = 0;
        this._header = null;
        this._stream = null;
        this._missing = 0;
        this._longHeader = false;
        this._callback = noop;
        this._locked = false;
        this._finished = false;
        this._pax = null;
        this._paxGlobal = null;
        this._gnuLongPath = null;
        this._gnuLongLinkPath = null;
        this._filenameEncoding = opts.filenameEncoding || "utf-8";
        this._allowUnknownFormat = !!opts.allowUnknownFormat;
        this._unlockBound = this._unlock.bind(this);
      }
      _unlock(err) {
        this._locked = false;
        if (err) {
          this.destroy(err);
          this._continueWrite(err);
          return;
        }
        this._update();
      }
      _consumeHeader() {
        if (this._locked) return false;
        this._offset = this._buffer.shifted;
        try {
          this._header = headers.decode(this._buffer.shift(512), this._filenameEncoding, this._allowUnknownFormat);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        if (!this._header) return true;
        this._header.byteOffset = this._buffer.shifted;
        switch (this._header.type) {
          case "gnu-long-path":
          case "gnu-long-link-path":
          case "pax-global-header":
          case "pax-header":
            this._longHeader = true;
            this._missing = this._header.size;
            if (this._missing > MAX_HEADER_SIZE) {
              this._continueWrite(new Error("Header exceeds max size"));
              return false;
            }
            return true;
        }
        this._locked = true;
        this._applyLongHeaders();
        if (!(this._header.size >= 0)) {
          this._continueWrite(new Error("Invalid header"));
          return false;
        }
        if (this._header.size === 0 || this._header.type === "directory") {
          this.emit("entry", this._header, this._createStream(), this._unlockBound);
          return true;
        }
        this._stream = this._createStream();
        this._missing = this._header.size;
        this.emit("entry", this._header, this._stream, this._unlockBound);
        return true;
      }
      _applyLongHeaders() {
        if (this._gnuLongPath) {
          this._header.name = this._gnuLongPath;
          this._gnuLongPath = null;
        }
        if (this._gnuLongLinkPath) {
          this._header.linkname = this._gnuLongLinkPath;
          this._gnuLongLinkPath = null;
        }
        if (this._pax) {
          if (this._pax.path) this._header.name = this._pax.path;
          if (this._pax.linkpath) this._header.linkname = this._pax.linkpath;
          if (this._pax.size) this._header.size = parseInt(this._pax.size, 10);
          this._header.pax = this._pax;
          this._pax = null;
        }
      }
      _decodeLongHeader(buf) {
        switch (this._header.type) {
          case "gnu-long-path":
            this._gnuLongPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "gnu-long-link-path":
            this._gnuLongLinkPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "pax-global-header":
            this._paxGlobal = headers.decodePax(buf);
            break;
          case "pax-header":
            this._pax = this._paxGlobal === null ? headers.decodePax(buf) : Object.assign({}, this._paxGlobal, headers.decodePax(buf));
            break;
        }
      }
      _consumeLongHeader() {
        this._longHeader = false;
        this._missing = overflow(this._header.size);
        const buf = this._buffer.shift(this._header.size);
        try {
          this._decodeLongHeader(buf);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        return true;
      }
      _consumeStream() {
        const buf = this._buffer.shiftFirst(this._missing);
        if (buf === null) return false;
        this._missing -= buf.byteLength;
        const drained = this._stream.push(buf);
        if (this._missing === 0) {
          this._stream.push(null);
          if (drained) this._stream._detach();
          return drained && this._locked === false;
        }
        return drained;
      }
      _createStream() {
        return new Source(this, this._header, this._offset);
      }
      _update() {
        while (this._buffer.buffered > 0 && !this.destroying) {
          if (this._missing > 0) {
            if (this._stream !== null) {
              if (this._consumeStream() === false) return;
              continue;
            }
            if (this._longHeader === true) {
              if (this._missing > this._buffer.buffered) break;
              if (this._consumeLongHeader() === false) return false;
              continue;
            }
            const ignore = this._buffer.shiftFirst(this._missing);
            if (ignore !== null) this._missing -= ignore.byteLength;
            continue;
          }
          if (this._buffer.buffered < 512) break;
          if (this._stream !== null || this._consumeHeader() === false) return;
        }
        this._continueWrite(null);
      }
      _continueWrite(err) {
        const cb = this._callback;
        this._callback = noop;
        cb(err);
      }
      _write(data, cb) {
        this._callback = cb;
        this._buffer.push(data);
        this._update();
      }
      _final(cb) {
        this._finished = this._missing === 0 && this._buffer.buffered === 0;
        cb(this._finished ? null : new Error("Unexpected end of data"));
      }
      _predestroy() {
        this._continueWrite(null);
      }
      _destroy(cb) {
        if (this._stream) this._stream.destroy(getStreamError(this));
        cb(null);
      }
      [Symbol.asyncIterator]() {
        let error2 = null;
        let promiseResolve = null;
        let promiseReject = null;
        let entryStream = null;
        let entryCallback = null;
        const extract2 = this;
        this.on("entry", onentry);
        this.on("error", (err) => {
          error2 = err;
        });
        this.on("close", onclose);
        return {
          [Symbol.asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(onnext);
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function consumeCallback(err) {
          if (!entryCallback) return;
          const cb = entryCallback;
          entryCallback = null;
          cb(err);
        }
        function onnext(resolve4, reject) {
          if (error2) {
            return reject(error2);
          }
          if (entryStream) {
            resolve4({ value: entryStream, done: false });
            entryStream = null;
            return;
          }
          promiseResolve = resolve4;
          promiseReject = reject;
          consumeCallback(null);
          if (extract2._finished && promiseResolve) {
            promiseResolve({ value: void 0, done: true });
            promiseResolve = promiseReject = null;
          }
        }
        function onentry(header, stream, callback) {
          entryCallback = callback;
          stream.on("error", noop);
          if (promiseResolve) {
            promiseResolve({ value: stream, done: false });
            promiseResolve = promiseReject = null;
          } else {
            entryStream = stream;
          }
        }
        function onclose() {
          consumeCallback(error2);
          if (!promiseResolve) return;
          if (error2) promiseReject(error2);
          else promiseResolve({ value: void 0, done: true });
          promiseResolve = promiseReject = null;
        }
        function destroy(err) {
          extract2.destroy(err);
          consumeCallback(err);
          return new Promise((resolve4, reject) => {
            if (extract2.destroyed) return resolve4({ value: void 0, done: true });
            extract2.once("close", function() {
              if (err) reject(err);
              else resolve4({ value: void 0, done: true });
            });
          });
        }
      }
    };
    module.exports = function extract2(opts) {
      return new Extract(opts);
    };
    function noop() {
    }
    function overflow(size) {
      size &= 511;
      return size && 512 - size;
    }
  }
});

// node_modules/tar-stream/constants.js
var require_constants = __commonJS({
  "node_modules/tar-stream/constants.js"(exports, module) {
    var constants = {
      // just for envs without fs
      S_IFMT: 61440,
      S_IFDIR: 16384,
      S_IFCHR: 8192,
      S_IFBLK: 24576,
      S_IFIFO: 4096,
      S_IFLNK: 40960
    };
    try {
      module.exports = __require("fs").constants || constants;
    } catch {
      module.exports = constants;
    }
  }
});

// node_modules/tar-stream/pack.js
var require_pack = __commonJS({
  "node_modules/tar-stream/pack.js"(exports, module) {
    var { Readable, Writable, getStreamError } = require_streamx();
    var b4a = require_b4a();
    var constants = require_constants();
    var headers = require_headers();
    var DMODE = 493;
    var FMODE = 420;
    var END_OF_TAR = b4a.alloc(1024);
    var Sink = class extends Writable {
      constructor(pack2, header, callback) {
        super({ mapWritable, eagerOpen: true });
        this.written = 0;
        this.header = header;
        this._callback = callback;
        this._linkname = null;
        this._isLinkname = header.type === "symlink" && !header.linkname;
        this._isVoid = header.type !== "file" && header.type !== "contiguous-file";
        this._finished = false;
        this._pack = pack2;
        this._openCallback = null;
        if (this._pack._stream === null) this._pack._stream = this;
        else this._pack._pending.push(this);
      }
      _open(cb) {
        this._openCallback = cb;
        if (this._pack._stream === this) this._continueOpen();
      }
      _continuePack(err) {
        if (this._callback === null) return;
        const callback = this._callback;
        this._callback = null;
        callback(err);
      }
      _continueOpen() {
        if (this._pack._stream === null) this._pack._stream = this;
        const cb = this._openCallback;
        this._openCallback = null;
        if (cb === null) return;
        if (this._pack.destroying) return cb(new Error("pack stream destroyed"));
        if (this._pack._finalized) return cb(new Error("pack stream is already finalized"));
        this._pack._stream = this;
        if (!this._isLinkname) {
          this._pack._encode(this.header);
        }
        if (this._isVoid) {
          this._finish();
          this._continuePack(null);
        }
        cb(null);
      }
      _write(data, cb) {
        if (this._isLinkname) {
          this._linkname = this._linkname ? b4a.concat([this._linkname, data]) : data;
          return cb(null);
        }
        if (this._isVoid) {
          if (data.byteLength > 0) {
            return cb(new Error("No body allowed for this entry"));
          }
          return cb();
        }
        this.written += data.byteLength;
        if (this._pack.push(data)) return cb();
        this._pack._drain = cb;
      }
      _finish() {
        if (this._finished) return;
        this._finished = true;
        if (this._isLinkname) {
          this.header.linkname = this._linkname ? b4a.toString(this._linkname, "utf-8") : "";
          this._pack._encode(this.header);
        }
        overflow(this._pack, this.header.size);
        this._pack._done(this);
      }
      _final(cb) {
        if (this.written !== this.header.size) {
          return cb(new Error("Size mismatch"));
        }
        this._finish();
        cb(null);
      }
      _getError() {
        return getStreamError(this) || new Error("tar entry destroyed");
      }
      _predestroy() {
        this._pack.destroy(this._getError());
      }
      _destroy(cb) {
        this._pack._done(this);
        this._continuePack(this._finished ? null : this._getError());
        cb();
      }
    };
    var Pack = class extends Readable {
      constructor(opts) {
        super(opts);
        this._drain = noop;
        this._finalized = false;
        this._finalizing = false;
        this._pending = [];
        this._stream = null;
      }
      entry(header, buffer2, callback) {
        if (this._finalized || this.destroying) throw new Error("already finalized or destroyed");
        if (typeof buffer2 === "function") {
          callback = buffer2;
          buffer2 = null;
        }
        if (!callback) callback = noop;
        if (!header.size || header.type === "symlink") header.size = 0;
        if (!header.type) header.type = modeToType(header.mode);
        if (!header.mode) header.mode = header.type === "directory" ? DMODE : FMODE;
        if (!header.uid) header.uid = 0;
        if (!header.gid) header.gid = 0;
        if (!header.mtime) header.mtime = /* @__PURE__ */ new Date();
        if (typeof buffer2 === "string") buffer2 = b4a.from(buffer2);
        const sink = new Sink(this, header, callback);
        if (b4a.isBuffer(buffer2)) {
          header.size = buffer2.byteLength;
          sink.write(buffer2);
          sink.end();
          return sink;
        }
        if (sink._isVoid) {
          return sink;
        }
        return sink;
      }
      finalize() {
        if (this._stream || this._pending.length > 0) {
          this._finalizing = true;
          return;
        }
        if (this._finalized) return;
        this._finalized = true;
        this.push(END_OF_TAR);
        this.push(null);
      }
      _done(stream) {
        if (stream !== this._stream) return;
        this._stream = null;
        if (this._finalizing) this.finalize();
        if (this._pending.length) this._pending.shift()._continueOpen();
      }
      _encode(header) {
        if (!header.pax) {
          const buf = headers.encode(header);
          if (buf) {
            this.push(buf);
            return;
          }
        }
        this._encodePax(header);
      }
      _encodePax(header) {
        const paxHeader = headers.encodePax({
          name: header.name,
          linkname: header.linkname,
          pax: header.pax
        });
        const newHeader = {
          name: "PaxHeader",
          mode: header.mode,
          uid: header.uid,
          gid: header.gid,
          size: paxHeader.byteLength,
          mtime: header.mtime,
          type: "pax-header",
          linkname: header.linkname && "PaxHeader",
          uname: header.uname,
          gname: header.gname,
          devmajor: header.devmajor,
          devminor: header.devminor
        };
        this.push(headers.encode(newHeader));
        this.push(paxHeader);
        overflow(this, paxHeader.byteLength);
        newHeader.size = header.size;
        newHeader.type = header.type;
        this.push(headers.encode(newHeader));
      }
      _doDrain() {
        const drain = this._drain;
        this._drain = noop;
        drain();
      }
      _predestroy() {
        const err = getStreamError(this);
        if (this._stream) this._stream.destroy(err);
        while (this._pending.length) {
          const stream = this._pending.shift();
          stream.destroy(err);
          stream._continueOpen();
        }
        this._doDrain();
      }
      _read(cb) {
        this._doDrain();
        cb();
      }
    };
    module.exports = function pack2(opts) {
      return new Pack(opts);
    };
    function modeToType(mode) {
      switch (mode & constants.S_IFMT) {
        case constants.S_IFBLK:
          return "block-device";
        case constants.S_IFCHR:
          return "character-device";
        case constants.S_IFDIR:
          return "directory";
        case constants.S_IFIFO:
          return "fifo";
        case constants.S_IFLNK:
          return "symlink";
      }
      return "file";
    }
    function noop() {
    }
    function overflow(self, size) {
      size &= 511;
      if (size) self.push(END_OF_TAR.subarray(0, 512 - size));
    }
    function mapWritable(buf) {
      return b4a.isBuffer(buf) ? buf : b4a.from(buf);
    }
  }
});

// node_modules/tar-stream/index.js
var require_tar_stream = __commonJS({
  "node_modules/tar-stream/index.js"(exports) {
    exports.extract = require_extract();
    exports.pack = require_pack();
  }
});

// src/main.ts
import { readFileSync } from "node:fs";

// src/model/json.ts
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function asObject(value) {
  return isObject(value) ? value : {};
}
function asList(value) {
  return Array.isArray(value) ? value : [];
}
function asStrings(value) {
  return asList(value).filter((each) => typeof each === "string");
}
function asText(value) {
  return typeof value === "string" && value !== "" ? value : void 0;
}
function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : void 0;
}
function withoutKeys(data, ...keys) {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
function withoutUndefined(data) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== void 0));
}
function pickKeys(data, keys) {
  const picked = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => picked.has(key)));
}
function mapValues(data, convert) {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, convert(value, key)]));
}
function mapStrings(value, convert) {
  if (typeof value === "string") return convert(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, convert));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [convert(key), mapStrings(each, convert)])
  );
}
function canonicalJson(value) {
  return JSON.stringify(
    value,
    (_, each) => isObject(each) ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => one < other ? -1 : 1)) : each
  );
}
var escapeDollars = (text) => text.replaceAll("$", "$$$$");
function unescapeDollars(text) {
  return text.replaceAll("$$", "$");
}

// src/release/compose/compose-cli.ts
var OLDEST_COMPOSE = "2.35";
var UNSET_WARNING = /The \\?"([^"\\]+)\\?" variable is not set/g;
var INSTALL_ADVICE = "Install the Compose plugin on the runner (package docker-compose-plugin; GitHub-hosted runners have it).";
var COMPOSE_MISSING = "docker compose is not installed on this runner";
var COMPOSE_TOO_OLD = `docker compose on this runner is too old; Sealift needs ${OLDEST_COMPOSE} or later`;
var ComposeUnavailableError = class extends ConfigurationError {
  /** One of the two sentences, without its full stop. */
  shortcoming;
  constructor(shortcoming, evidence) {
    super(`compose-file: ${shortcoming}. ${INSTALL_ADVICE}`, { evidence });
    this.shortcoming = shortcoming;
  }
};
function isOldCompose(version) {
  const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
  const [major = Number.NaN, minor = 0] = numbers(version);
  const [oldestMajor = 0, oldestMinor = 0] = numbers(OLDEST_COMPOSE);
  return major < oldestMajor || major === oldestMajor && minor < oldestMinor;
}
function runComposeConfig(cli, flags = []) {
  const { step: step2, cwd, env, options, stdin } = cli;
  const args = ["compose", ...options, "config", "--format", "json", ...flags];
  return step2.run("docker", args, { cwd, env, stdin });
}
function parseComposeConfig(json) {
  const data = asObject(JSON.parse(json));
  const objects = (key) => mapValues(asObject(data[key]), asObject);
  return {
    services: objects("services"),
    networks: objects("networks"),
    volumes: objects("volumes"),
    secrets: objects("secrets"),
    configs: objects("configs")
  };
}
async function resolveToJson(cli) {
  const { stdout, stderr } = await runComposeConfig(cli).catch((error2) => {
    throw explainComposeError(error2, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET_WARNING)].map((match) => match[1] ?? ""));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}
function unsetVariablesProblem(names) {
  const list = names.map((name) => `\${${name}}`).join(", ");
  const [verb, pronoun] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  return `compose-file: ${list} ${verb} used but not set. Give ${pronoun} in the input "env" (${names[0]}=…) or in .env, or a default in the file: \${${names[0]}:-…}. A dollar sign that is meant for the container is written $$.`;
}
function explainComposeError(error2, folder) {
  if (!(error2 instanceof CommandError)) return error2;
  const { evidence } = error2;
  const output = error2.stderr.split("\n").filter((line) => line.trim() !== "" && !/^time=.*level=(warning|info|debug)/.test(line)).join("\n").trim();
  const isMissing = /unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/;
  if (isMissing.test(output)) return new ComposeUnavailableError(COMPOSE_MISSING, evidence);
  if (isComposeTooOld(error2)) return new ComposeUnavailableError(COMPOSE_TOO_OLD, evidence);
  const [required, name, reason] = /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(output) ?? [];
  if (required !== void 0) {
    const why = reason === void 0 ? "" : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why}. Give it in the input "env": ${name}=…`
    );
  }
  const [, envFile] = /^env file (.+) not found: stat /m.exec(output) ?? [];
  if (envFile !== void 0) {
    return new ConfigurationError(
      `compose-file: the env file ${envFile.replace(`${folder}/`, "")} is not in the checkout. Write it in a step before this one, for example from a secret; or name its variables under environment: and give them in the input "env"; or, if it may be missing, write it as path: with required: false.`
    );
  }
  return new ConfigurationError(`compose-file: ${(output || error2.message).replaceAll(`${folder}/`, "")}`);
}
function isComposeTooOld(error2) {
  return error2 instanceof CommandError && /unknown flag: --(no-|format)/.test(error2.stderr);
}

// src/release/compose/resolve.ts
import { existsSync } from "node:fs";
import { readFile as readFile3 } from "node:fs/promises";
import { dirname, join as join3, resolve } from "node:path";

// src/model/app-environment.ts
var SLOTS = ["blue", "green"];
var otherSlot = (slot) => slot === "blue" ? "green" : "blue";
function baseProject(appEnvironment) {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}
function releaseProject(release) {
  return `${baseProject(release)}-${release.id}`;
}
function slotNetwork(appEnvironment, slot) {
  return `${baseProject(appEnvironment)}-${slot}`;
}
var upstreamNetwork = (app, { network }) => `${baseProject(app)}-${network}`;
var upstreamKey = ({ network }) => `sealift-${network}`;
var LABEL = {
  app: "sealift.app",
  environment: "sealift.environment",
  release: "sealift.release",
  /** On the networks of slots only. Containers can move, so only their networks say in which slot they are. */
  slot: "sealift.slot",
  role: "sealift.role",
  /** The restart policy of a container while its release may run: `always`, `on-failure:3`. */
  restart: "sealift.restart",
  /** Fingerprint of the definition from which an accessory was created. */
  definition: "sealift.definition",
  edge: "sealift.edge",
  /** On the container that is the lock: which run holds it, as JSON. */
  lock: "sealift.lock"
};
var OWN_ROLE = {
  edge: "edge",
  front: "front",
  records: "records",
  hook: "hook",
  probe: "probe",
  lock: "lock",
  test: "test"
};
function labelsOf({ app, environment }) {
  return { [LABEL.app]: app, [LABEL.environment]: environment };
}

// src/model/registry.ts
var GITHUB_REGISTRY = "ghcr.io";
var DOCKER_HUB = "docker.io";
var REGISTRY_HOST = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
var REGISTRY = new RegExp(`^${REGISTRY_HOST}$`);
function registryOf(repository) {
  const first = repository.split("/", 1)[0] ?? "";
  return repository.includes("/") && isRegistry(first) ? registryNamed(first) : DOCKER_HUB;
}
function isRegistry(text) {
  return REGISTRY.test(text) && (/[.:]/.test(text) || text === "localhost");
}
function registryNamed(host) {
  return host === "index.docker.io" ? DOCKER_HUB : host;
}
function loginLines(registry) {
  return `"${registry}=user" on a line of "registry-username" and "${registry}=password" on a line of "registry-password"`;
}
function loginAdvice(registry) {
  return `write ${loginLines(registry)}, or log in there with docker/login-action before this step`;
}

// src/model/image.ts
var DIGEST = /^sha256:[0-9a-f]{64}$/;
var TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
var REPOSITORY = new RegExp(`^(?:${REGISTRY_HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
var PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;
var TAG_RULE = 'at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-"';
var TAG_TEMPLATES = ["branch", "branch-slug", "semver", "sha7", "pr"];
function isDigest(text) {
  return DIGEST.test(text);
}
function isTag(text) {
  return TAG.test(text);
}
function isRepository(text) {
  return REPOSITORY.test(text) && text.length <= 255;
}
function parseImageReference(text, input) {
  const at = text.indexOf("@");
  const digest = at < 0 ? void 0 : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const repository = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : void 0;
  if (digest !== void 0 && !isDigest(digest)) {
    throw new ConfigurationError(
      `${input}: "${text}" has no valid digest. A digest is sha256: and 64 hex digits.`
    );
  }
  if (tag !== void 0 && !isTag(tag)) {
    throw new ConfigurationError(`${input}: "${tag}" in "${text}" is not a valid tag. Write ${TAG_RULE}.`);
  }
  if (!isRepository(repository)) {
    const lower = repository.toLowerCase();
    const advice = isRepository(lower) ? `Write it in lower case: "${lower}".` : "Write repository:tag or repository@sha256:….";
    throw new ConfigurationError(`${input}: "${text}" is not an image reference. ${advice}`);
  }
  return { repository, tag, digest };
}
function isSameImageName(one, other) {
  return completeName(one) === completeName(other);
}
function completeName(name) {
  const short = name.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, "");
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}
function pinnedImage(repository, digest) {
  return `${repository}@${digest}`;
}
function placeholderImage(repository) {
  return pinnedImage(repository, PLACEHOLDER_DIGEST);
}
function isPlaceholder(image) {
  return digestOf(image) === PLACEHOLDER_DIGEST;
}
function digestOf(image) {
  return image.slice(image.indexOf("@") + 1);
}
function repositoryOf(image) {
  return image.slice(0, image.indexOf("@"));
}

// src/run/environment.ts
var MAX_VARIABLE_BYTES = 128 * 1024 - 256;
var BUILDKIT_CACHE_VARIABLES = /* @__PURE__ */ new Set([
  "ACTIONS_CACHE_URL",
  "ACTIONS_RESULTS_URL",
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_CACHE_SERVICE_V2"
]);
function programEnvironment(environment = process.env) {
  const result = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !isActionOnly(name)) result[name] = value;
  }
  return result;
}
function isActionOnly(name) {
  if (BUILDKIT_CACHE_VARIABLES.has(name)) return false;
  return /^(?:INPUT|STATE|ACTIONS)_/.test(name) || name === "GITHUB_TOKEN";
}

// src/release/compose/checkout-files.ts
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
var MAX_BYTES = 1024 * 1024;
var MAX_FILES = 200;
async function inlineMounts(config, paths, workspace) {
  if (paths.length === 0) return { config, refused: [], notices: [] };
  const services = { ...config.services };
  const configs = { ...config.configs };
  const refused = [];
  const notices = [];
  for (const path of paths) {
    const found = await readMount(path, workspace);
    if (typeof found === "string") {
      refused.push({ ...path, reason: found });
      continue;
    }
    const uses = found.map((file) => {
      const source = addConfig(configs, join(path.written, file.path), file.content);
      return { source, target: posix.join(path.target, file.path), mode: file.mode };
    });
    services[path.service] = withConfigs(services[path.service] ?? {}, path, uses);
    if (!path.readOnly)
      notices.push(
        `${path.service}: ${path.written} is copied into the container. What the container writes to ${path.target} is gone when it is replaced; if it writes nothing, add :ro to the mount.`
      );
  }
  return { config: { ...config, services, configs }, refused, notices };
}
async function readMount(path, workspace) {
  if (path.kind === "missing") return "nothing is there";
  try {
    if (path.kind === "folder") return await readFolder(path, workspace);
    return [await readMountedFile(path.source, "", path.readOnly, workspace)];
  } catch (error2) {
    if (error2 instanceof NotCopied) return error2.message;
    throw error2;
  }
}
var NotCopied = class extends Error {
};
async function readFolder(path, workspace) {
  if (!path.readOnly) throw new NotCopied("the container can write to it (with :ro it is copied)");
  const files = [];
  const read = async (folder) => {
    const entries = await readdir(join(path.source, folder), { withFileTypes: true });
    for (const { name } of entries.toSorted((one, other) => one.name < other.name ? -1 : 1)) {
      const inside = join(folder, name);
      if ((await stat(join(path.source, inside))).isDirectory()) await read(inside);
      else files.push(await readMountedFile(join(path.source, inside), inside, true, workspace));
      if (files.length > MAX_FILES) throw new NotCopied(`it holds more than ${MAX_FILES} files`);
    }
  };
  await read("");
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > MAX_BYTES) throw new NotCopied("it holds more than 1 MB");
  if (files.length === 0) throw new NotCopied("it is empty");
  return files;
}
async function readMountedFile(source, path, readOnly, workspace) {
  const named = path || "it";
  const real = relative(await realpath(workspace), await realpath(source));
  if (real === ".." || real.startsWith(`..${sep}`))
    throw new NotCopied(`${named} is outside of the checkout`);
  const { size, mode } = await stat(source);
  if (size > MAX_BYTES) throw new NotCopied(`${named} has more than 1 MB`);
  if (isSecretName(source)) throw new NotCopied(`${named} looks like a secret`);
  if (!readOnly && isDataName(source)) throw new NotCopied("the container may write to it");
  if (!readOnly && size === 0) throw new NotCopied("it is empty, as if the container writes to it");
  const content = await readFile(source, "utf8");
  if (content.includes("PRIVATE KEY-----")) throw new NotCopied(`${named} holds a private key`);
  if (content.includes("\0") || content.includes("�"))
    throw new NotCopied(`${named} is not text (UTF-8)`);
  return { path, content, mode: (mode & 64) === 0 ? "0444" : "0555" };
}
var isSecretName = (path) => /(^|\/)(\.env(\.[^/]*)?|\.npmrc|\.netrc|\.pgpass|\.?htpasswd|id_(rsa|dsa|ecdsa|ed25519)|acme\.json|[^/]*\.(key|pem|p12|pfx|jks|crt|cer)|[^/]*(secret|credential|password)[^/]*)$/i.test(
  path
);
var isDataName = (path) => /\.(db|sqlite3?|log|pid|sock|dump|rdb)$/i.test(path);
function addConfig(configs, path, content) {
  const name = path.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+/, "") || "file";
  const escaped = escapeDollars(content);
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    const existing = configs[candidate];
    if (existing !== void 0 && asText(existing["content"]) !== escaped) continue;
    configs[candidate] = { content: escaped };
    return candidate;
  }
}
function withConfigs(service, { kind, target }, uses) {
  const others = asList(service["volumes"]).filter(
    (mount) => unescapeDollars(asText(asObject(mount)["target"]) ?? "") !== target
  );
  const own = { type: "volume", target: escapeDollars(target), volume: { nocopy: true } };
  const configs = uses.map((use) => ({ ...use, target: escapeDollars(use.target) }));
  return {
    ...service,
    volumes: kind === "folder" ? [...others, own] : others,
    configs: [...asList(service["configs"]), ...configs]
  };
}

// src/release/compose/minimal-compose-file.ts
function minimalComposeFile(app, source) {
  const port = source.port ?? "";
  const ports = port.includes(":") ? [port] : source.domains.size > 0 ? [] : [`${port}:${port}`];
  const service = {
    image: "${IMAGE}",
    restart: "unless-stopped",
    ...ports.length > 0 ? { ports } : { expose: [port] },
    ...source.volumes.length > 0 ? { volumes: source.volumes } : {},
    ...source.variables.size > 0 ? { environment: [...source.variables.keys()].sort() } : {}
  };
  const names = source.volumes.map((volume) => volume.split(":", 1)[0] ?? "").filter((name) => !name.startsWith("/"));
  const volumes = Object.fromEntries([...new Set(names)].map((name) => [name, {}]));
  return toYaml({ services: { [app]: service }, ...names.length > 0 ? { volumes } : {} });
}
function toYaml(data, indent = "") {
  return Object.entries(data).map(([key, value]) => {
    if (Array.isArray(value))
      return `${indent}${key}:
${value.map((each) => `${indent}  - ${JSON.stringify(each)}
`).join("")}`;
    if (typeof value !== "object" || value === null) return `${indent}${key}: ${String(value)}
`;
    const inner = toYaml(value, `${indent}  `);
    return inner === "" ? `${indent}${key}: {}
` : `${indent}${key}:
${inner}`;
  }).join("");
}

// src/release/compose/read-file-contents.ts
import { readFile as readFile2 } from "node:fs/promises";
import { relative as relative2 } from "node:path";
async function readFileContents({ secrets = {}, configs = {} }, cli, folder, problems) {
  const contents = /* @__PURE__ */ new Map();
  const read = async (kind, name, spec) => {
    const file = asText(spec["file"]);
    const variable = asText(spec["environment"]);
    let content;
    if (file !== void 0) {
      const path = unescapeDollars(file);
      content = await readFile2(path, "utf8").catch((error2) => {
        problems.push(unreadableFileProblem(kind, name, relative2(cli.cwd, path), error2.code));
        return void 0;
      });
    } else if (variable !== void 0) {
      content = new Map(Object.entries(cli.env)).get(variable) ?? await readFromDotEnv(variable, cli, folder);
      if (content === void 0) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input "env": ${variable}=…`
        );
      }
    }
    if (content !== void 0) contents.set(`${kind}:${name}`, content);
  };
  for (const [name, spec] of Object.entries(secrets)) await read("secret", name, spec);
  for (const [name, spec] of Object.entries(configs)) await read("config", name, spec);
  return contents;
}
function unreadableFileProblem(kind, name, path, code) {
  const why = code === "ENOENT" ? 'which is not in the checkout. Create it in a step before this one, or use environment: with the input "env"' : code === "EISDIR" ? `which is a folder, and a ${kind} is one file. Name each file` : `which can't be read (${code})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why}.`;
}
async function readFromDotEnv(variable, cli, folder) {
  const labels = { value: `\${${variable}-}`, set: `\${${variable}+yes}` };
  const probe = { services: { probe: { image: "probe", labels } } };
  const options = [...cli.options.slice(0, 2), "--project-directory", folder, "--file", "-"];
  const { json } = await resolveToJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const { services } = asObject(JSON.parse(json));
  const resolved = asObject(asObject(asObject(services)["probe"])["labels"]);
  return resolved["set"] === "yes" ? unescapeDollars(String(resolved["value"])) : void 0;
}

// src/release/compose/runner-paths.ts
import { statSync } from "node:fs";
import { join as join2, sep as sep2 } from "node:path";

// src/release/compose/service.ts
function portsOf(service) {
  return asList(service["ports"]).map((each) => {
    const port = asObject(each);
    const published = port["published"];
    return {
      target: asNumber(port["target"]) ?? 0,
      published: typeof published === "number" ? String(published) : asText(published),
      address: asText(port["host_ip"]),
      protocol: asText(port["protocol"]) ?? "tcp",
      appProtocol: asText(port["app_protocol"])?.toLowerCase()
    };
  });
}
function isOnAllAddresses(address) {
  return address === void 0 || address === "0.0.0.0" || address === "::";
}
function exposedPortsOf(service) {
  return asList(service["expose"]).map((each) => /^(\d+)(?:\/tcp)?$/.exec(String(each))?.[1]).filter((port) => port !== void 0).map(Number);
}
function dependenciesOf(service) {
  return new Map(
    Object.entries(asObject(service["depends_on"])).map(([name, value]) => {
      const { condition, required } = asObject(value);
      return [name, { condition: parseCondition(condition), required: required !== false }];
    })
  );
}
function parseCondition(value) {
  return value === "service_healthy" || value === "service_completed_successfully" ? value : "service_started";
}
function replicasOf(service) {
  return asNumber(service["scale"]) ?? asNumber(asObject(service["deploy"])["replicas"]) ?? 1;
}
function mountsOf(service) {
  return asList(service["volumes"]).map((each) => {
    const mount = asObject(each);
    const source = asText(mount["source"]);
    return {
      type: asText(mount["type"]) ?? "volume",
      source: source === void 0 ? void 0 : unescapeDollars(source),
      target: unescapeDollars(asText(mount["target"]) ?? ""),
      readOnly: mount["read_only"] === true
    };
  });
}
function networksOf(service) {
  return asText(service["network_mode"]) === void 0 ? asObject(service["networks"]) : void 0;
}
function aliasesOf(service) {
  return Object.values(networksOf(service) ?? {}).flatMap(
    (network) => asStrings(asObject(network)["aliases"])
  );
}
function linksOf(service) {
  return asStrings(service["links"]).map((link2) => {
    const [name = "", alias = name] = link2.split(":");
    return { service: name, alias };
  });
}
function referencedService(value) {
  return /^service:(.+)$/.exec(asText(value) ?? "")?.[1];
}
function updateOrder(service) {
  return asText(asObject(asObject(service["deploy"])["update_config"])["order"]);
}
function fileObjectName(use) {
  return typeof use === "string" ? use : asText(asObject(use)["source"]) ?? "";
}

// src/release/compose/runner-paths.ts
var HOME_PLACEHOLDER = "/sealift-home-of-the-runner";
async function findRunnerPaths(cli) {
  const asWritten = await unresolvedConfig(cli);
  return (config) => Object.entries(config.services).flatMap(([service, spec]) => {
    const written = mountsOf(asWritten?.services[service] ?? {});
    const mounts = mountsOf(spec);
    return mounts.flatMap((mount, index) => {
      if (mount.type !== "bind" || mount.source === void 0) return [];
      const source = written.length === mounts.length ? written[index]?.source : void 0;
      if (!isOnRunner(source, mount.source, cli.cwd)) return [];
      const text = (source ?? mount.source).replace(HOME_PLACEHOLDER, "~");
      const { source: path, target, readOnly } = mount;
      return [{ service, written: text, source: path, target, readOnly, kind: runnerPathKind(path) }];
    });
  });
}
function isOnRunner(written = "", path, workspace) {
  const isRelative = /^[^/$]/.test(written);
  const isInCheckout = `${path}${sep2}`.startsWith(join2(workspace, sep2));
  return isRelative || isInCheckout || written.startsWith(HOME_PLACEHOLDER);
}
async function unresolvedConfig(cli) {
  const { DOCKER_CONFIG, HOME = "/" } = cli.env;
  const dockerConfig = DOCKER_CONFIG ?? join2(HOME, ".docker");
  const elsewhere = { ...cli, env: { ...cli.env, HOME: HOME_PLACEHOLDER, DOCKER_CONFIG: dockerConfig } };
  for (const flags of [[], ["--no-interpolate"]]) {
    const options = ["--no-path-resolution", "--no-env-resolution", ...flags];
    const result = await runComposeConfig(elsewhere, options).catch((error2) => {
      if (isComposeTooOld(error2)) throw explainComposeError(error2, cli.cwd);
    });
    if (result !== void 0) return parseComposeConfig(result.stdout);
  }
  return void 0;
}
function runnerPathKind(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === void 0) return "missing";
  return stats.isFile() ? "file" : "folder";
}

// src/release/compose/variables-in-use.ts
var VARIABLE = /\$\$|\$\{?([A-Za-z_][A-Za-z0-9_]*)/g;
async function variablesInUse(cli, names, active) {
  const flags = ["--no-interpolate", "--no-path-resolution", "--no-env-resolution"];
  const written = await runComposeConfig(cli, flags).then(({ stdout }) => parseComposeConfig(stdout)).catch(() => void 0);
  if (written === void 0) return names;
  const { services, ...others } = written;
  const used = { active: variablesIn(others), inactive: /* @__PURE__ */ new Set() };
  for (const [name, service] of Object.entries(services))
    for (const variable of variablesIn(service)) used[name in active ? "active" : "inactive"].add(variable);
  return names.filter((name) => used.active.has(name) || !used.inactive.has(name));
}
function variablesIn(value) {
  const found = /* @__PURE__ */ new Set();
  mapStrings(value, (text) => {
    for (const [, name] of text.matchAll(VARIABLE)) if (name !== void 0) found.add(name);
    return text;
  });
  return found;
}

// src/release/compose/resolve.ts
async function resolveCompose(source, appEnvironment, image, workspace, step2, environment = process.env) {
  const placeholder = placeholderImage(image);
  const { files = [] } = source;
  const fileOptions = source.files === void 0 ? ["--project-directory", workspace, "--file", "-"] : files.flatMap((file) => ["--file", file]);
  const cli = {
    step: step2,
    cwd: workspace,
    env: {
      ...composeEnvironment(environment),
      ...Object.fromEntries(source.variables),
      IMAGE: placeholder
    },
    options: ["--project-name", baseProject(appEnvironment), ...fileOptions],
    stdin: source.files === void 0 ? minimalComposeFile(appEnvironment.app, source) : ""
  };
  const [{ json, unset }, find] = await Promise.all([resolveToJson(cli), findRunnerPaths(cli)]);
  const resolved = parseComposeConfig(json);
  const { config, refused, notices } = await inlineMounts(resolved, find(resolved), workspace);
  const needed = unset.length > 0 ? await variablesInUse(cli, unset, resolved.services) : [];
  const problems = needed.length > 0 ? [unsetVariablesProblem(needed)] : [];
  const folder = dirname(resolve(workspace, files[0] ?? "compose.yaml"));
  return {
    config,
    placeholder,
    files,
    projectName: await writtenProjectName(files[0], workspace),
    refusedMounts: refused,
    contents: await readFileContents(config, cli, folder, problems),
    notices: [...files.flatMap((file) => overrideNotices(file, files, workspace)), ...notices],
    problems
  };
}
async function writtenProjectName(file, workspace) {
  if (file === void 0) return void 0;
  const text = await readFile3(resolve(workspace, file), "utf8").catch(() => "");
  return /^name:[ \t]*["']?([a-z0-9][a-z0-9_-]*)["']?[ \t]*$/m.exec(text)?.[1];
}
function composeEnvironment(environment) {
  const hidden = /^(ACTIONS_|COMPOSE_(FILE|PROJECT_NAME|ENV_FILES)$)/;
  return Object.fromEntries(
    Object.entries(programEnvironment(environment)).filter(([name]) => !hidden.test(name))
  );
}
function overrideNotices(file, files, workspace) {
  const [, base] = /^(.*?(?:docker-)?compose)\.ya?ml$/.exec(file) ?? [];
  if (base === void 0) return [];
  return ["yaml", "yml"].map((extension) => `${base}.override.${extension}`).filter((override) => !files.includes(override) && existsSync(join3(workspace, override))).map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
}

// src/tools/compose-plugin.ts
import { randomUUID } from "node:crypto";
import { join as join5 } from "node:path";

// src/image/docker-config.ts
import { mkdir, readdir as readdir2, readFile as readFile4, realpath as realpath2, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join as join4 } from "node:path";
function registryConfigKey(registry) {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}
function runnerDockerFolder(environment) {
  return environment["DOCKER_CONFIG"] || join4(environment["HOME"] || homedir(), ".docker");
}
async function makeDockerConfig(folder, logins, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, privateDockerConfig(config, logins), environment);
}
var HOST_CONFIG_KEYS = ["auths", "credsStore", "credHelpers", "cliPluginsExtraDirs"];
async function makeHostDockerConfig(folder, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, pickKeys(config, HOST_CONFIG_KEYS), environment);
}
async function writeDockerConfig(folder, config, environment) {
  const original = runnerDockerFolder(environment);
  await mkdir(folder, { mode: 448 });
  await writeFile(join4(folder, "config.json"), JSON.stringify(config), { mode: 384 });
  for (const name of await readdir2(original).catch(() => [])) {
    if (name !== "config.json") await symlink(join4(original, name), join4(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too. This names the runner's even if it has no such folder yet to link to.
      BUILDX_CONFIG: environment["BUILDX_CONFIG"] || join4(original, "buildx")
    }
  };
}
async function linkPlugin({ folder }, name, path) {
  const plugins = join4(folder, "cli-plugins");
  const original = await realpath2(plugins).catch(() => void 0);
  await rm(plugins, { force: true });
  await mkdir(plugins);
  const others = original === void 0 ? [] : (await readdir2(original)).map((other) => join4(original, other));
  for (const other of others) {
    if (basename(other) !== name) await symlink(other, join4(plugins, basename(other)));
  }
  await symlink(path, join4(plugins, name));
}
function privateDockerConfig(config, logins) {
  const keys = logins.map(registryConfigKey);
  return {
    ...config,
    auths: withoutKeys(asObject(config["auths"]), ...keys),
    credHelpers: {
      ...asObject(config["credHelpers"]),
      ...Object.fromEntries(keys.map((key) => [key, ""]))
    }
  };
}
function hasCredentials(config, registry) {
  const key = registryConfigKey(registry);
  if (asText(asObject(config["credHelpers"])[key]) !== void 0) return true;
  return asObject(config["auths"])[key] !== void 0;
}
async function readDockerConfig(folder) {
  const path = join4(folder, "config.json");
  const json = await readFile4(path, "utf8").catch((error2) => {
    if (error2.code === "ENOENT") return "{}";
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error2)}`);
  });
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(`${path} is not valid JSON. Fix or remove it; docker can't read it either.`);
  }
}

// src/run/short-program.ts
async function runShortProgram(program, args, env = programEnvironment()) {
  const options = { env: { ...env }, silent: true, ignoreReturnCode: true };
  const result = await getExecOutput(program, [...args], options).catch((error2) => {
    if (!/^Unable to locate executable file/.test(messageOf(error2))) throw error2;
    throw notInstalledError(program, error2);
  });
  if (result.exitCode !== 0) {
    throw new CommandError([program, ...args].join(" "), exitCodeOf(result), result.stderr);
  }
  return result;
}
function exitCodeOf({ exitCode }) {
  return exitCode ?? void 0;
}
function notInstalledError(program, cause) {
  return new ConfigurationError(`${program} was not found on this runner. Install it in an earlier step.`, {
    cause
  });
}

// src/tools/docker-compose.ts
var RELEASE = "https://github.com/docker/compose/releases/download/v2.40.3";
var DOCKER_COMPOSE = {
  name: "docker-compose",
  title: "Docker Compose",
  version: "2.40.3",
  files: {
    "linux-x64": {
      url: `${RELEASE}/docker-compose-linux-x86_64`,
      sha256: "dba9d98e1ba5bfe11d88c99b9bd32fc4a0624a30fafe68eea34d61a3e42fd372"
    },
    "linux-arm64": {
      url: `${RELEASE}/docker-compose-linux-aarch64`,
      sha256: "d26373b19e89160546d15407516cc59f453030d9bc5b43ba7faf16f7b4980137"
    }
  },
  advice: INSTALL_ADVICE
};

// src/tools/compose-plugin.ts
async function findComposeShortcoming(environment) {
  try {
    const { stdout } = await runShortProgram("docker", ["compose", "version", "--short"], environment);
    return isOldCompose(stdout.trim()) ? COMPOSE_TOO_OLD : void 0;
  } catch (error2) {
    if (error2 instanceof CommandError) return COMPOSE_MISSING;
    throw error2;
  }
}
async function bringCompose(shortcoming, step2, signal) {
  if (shortcoming === void 0) return void 0;
  step2.log.info(`${shortcoming}. This step uses ${DOCKER_COMPOSE.title} ${DOCKER_COMPOSE.version} instead.`);
  const { fetchTool } = await import("./fetch-tool-FPNDOPJZ.js");
  return await fetchTool(DOCKER_COMPOSE, step2, signal);
}
async function withComposePlugin(environment, plugin, step2) {
  if (plugin === void 0) return environment;
  return await linkComposePlugin(await makeDockerConfig(newFolder(step2), [], environment), plugin);
}
async function hostEnvironment(environment, plugin, step2) {
  return await linkComposePlugin(await makeHostDockerConfig(newFolder(step2), environment), plugin);
}
async function linkComposePlugin(config, plugin) {
  if (plugin !== void 0) await linkPlugin(config, "docker-compose", plugin);
  return config.environment;
}
var newFolder = ({ folder }) => join5(folder, `docker-${randomUUID().slice(0, 8)}`);

// src/compose-file.ts
async function resolveComposeFile(source, app, image, context) {
  const resolve4 = (environment) => resolveCompose(source, app, image, process.cwd(), context, environment);
  try {
    return { resolved: await resolve4(), composePlugin: void 0 };
  } catch (error2) {
    if (!(error2 instanceof ComposeUnavailableError)) throw error2;
    const composePlugin = await bringCompose(error2.shortcoming, context, context.signal);
    const environment = await withComposePlugin(programEnvironment(), composePlugin, context);
    return { resolved: await resolve4(environment), composePlugin };
  }
}

// src/run/promises.ts
function inBackground(promise) {
  promise.catch(() => void 0);
  return promise;
}
function openInBackground(opening) {
  const opened = inBackground(opening);
  return {
    opened,
    async [Symbol.asyncDispose]() {
      const resource = await opened.catch(() => void 0);
      await resource?.[Symbol.asyncDispose]();
    }
  };
}
async function allOrThrow(promises) {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

// src/image/build-and-test.ts
import { randomUUID as randomUUID5 } from "node:crypto";

// src/image/bake-definition.ts
function bakeDefinition(targets) {
  const target = mapValues(
    Object.fromEntries(targets),
    (fields) => Object.fromEntries(
      Object.entries(fields).filter(([, each]) => typeof each !== "object" || Object.keys(each).length > 0)
    )
  );
  return JSON.stringify({ target: mapStrings(target, escapeHclTemplate) }, void 0, 2);
}
function escapeHclTemplate(text) {
  return text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}
function allowFlags(targets) {
  const all = [...targets];
  const entitlements = new Set(all.flatMap((target) => target.entitlements ?? []));
  if (all.some(({ network }) => network === "host")) entitlements.add("network.host");
  if (all.some(({ ssh = [] }) => ssh.length > 0)) entitlements.add("ssh");
  return [...entitlements].sort().map((entitlement) => `--allow=${entitlement}`);
}
function targetForTest(recipe, name, platform) {
  return {
    ...recipe.target,
    // An inline cache is part of the image's config, so the tested image needs it too.
    "cache-to": recipe.cacheTo.filter(isInlineCache),
    ...platform === void 0 ? {} : { platforms: [platform] },
    tags: [name],
    output: ["type=docker"],
    attest: ["type=provenance,disabled=true"]
  };
}
function isInlineCache(cache) {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}
function targetForCache({ target }, platforms = target.platforms ?? []) {
  return { ...target, platforms, output: ["type=cacheonly"] };
}
function targetForPush(recipe, references) {
  return { ...withAttestationsAndCache(recipe), tags: references, output: ["type=image,push=true"] };
}
function targetForVerifiedPush(recipe, repository, pushMode, comparedBy) {
  const { "no-cache": _, "no-cache-filter": __, pull: ___, ...target } = withAttestationsAndCache(recipe);
  const format = comparedBy === "manifest" ? ",oci-mediatypes=true" : "";
  if (pushMode.kind === "tag")
    return { ...target, tags: [`${repository}:${pushMode.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}
function withAttestationsAndCache({ target, attest, cacheTo }) {
  return { ...target, attest, "cache-to": cacheTo };
}

// src/image/image-test.ts
import { randomUUID as randomUUID2 } from "node:crypto";

// src/model/command-line.ts
var SHELL_OPERATORS = /* @__PURE__ */ new Set(["|", "&", ";", "<", ">", "(", ")", "`", "$", "*", "\n"]);
function scanCommand(command) {
  const words = [];
  let word;
  let quote;
  let operator;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? "";
    const next = command[at + 1] ?? "";
    if (quote === "'") {
      if (letter === "'") quote = void 0;
      else word += letter;
    } else if (letter === "\\" && next !== "" && (quote === void 0 || '"\\$`\n'.includes(next))) {
      if (next !== "\n") word = (word ?? "") + next;
      at += 1;
    } else if (quote === '"') {
      if (letter === '"') quote = void 0;
      else word += letter;
      if (letter === "$" || letter === "`") operator ??= letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter) && letter !== "\n") {
      if (word !== void 0) words.push(word);
      word = void 0;
    } else {
      if (SHELL_OPERATORS.has(letter)) operator ??= letter;
      if (letter === "\\") quote = letter;
      word = (word ?? "") + letter;
    }
  }
  if (word !== void 0) words.push(word);
  return { words, open: quote, operator };
}
function splitCommand(command, input) {
  const { words, open, operator } = scanCommand(command);
  if (operator !== void 0) {
    throw new ConfigurationError(
      `${input}: "${operator}" needs a shell, but the command runs without one. Write sh -c ${singleQuoted(command)} if the image has a shell, or put "${operator}" in single quotes.`
    );
  }
  if (open === '"' || open === "'") {
    const [first = "", ...more] = command.split("\n");
    const shown = more.length === 0 ? first : `${first} …`;
    throw new ConfigurationError(
      `${input}: the quote ${open} is not closed. Add a closing ${open} to: ${shown}`
    );
  }
  const [program = "", ...args] = words;
  if (program === "")
    throw new ConfigurationError(`${input}: the command is empty. Write a program and its arguments.`);
  return [program, ...args];
}
function isIncompleteCommand(command) {
  return scanCommand(command).open !== void 0;
}
var MAX_SHOWN_LENGTH = 120;
var quoteCommand = (argv) => argv.map((word) => /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : singleQuoted(word)).join(" ");
function formatCommand(argv) {
  const line = [...quoteCommand(argv).replaceAll(/\s*\n\s*/g, " ⏎ ")];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join("")}…` : line.join("");
}
var singleQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// src/run/tail.ts
var Tail = class {
  #limit;
  #lines = [];
  /** @param limit lines that are kept at most */
  constructor(limit) {
    this.#limit = limit;
  }
  push(line) {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }
  /** Oldest first. */
  get lines() {
    return this.#lines;
  }
};

// src/image/image-context.ts
async function dockerOutput(args, { run: run2, environment }) {
  return (await run2("docker", args, { env: environment })).stdout.trimEnd();
}

// src/image/image-test.ts
function imageTestsFor(builds, tests) {
  const found = /* @__PURE__ */ new Map();
  const names = builds.map(({ service }) => service).filter((service) => service !== "");
  for (const [key, commands] of tests) {
    if (key === "" && builds.length > 1) {
      const images = builds.map(({ service, repository }) => service || repository).join(", ");
      throw new ConfigurationError(
        `test: several images are built (${images}). Write which one the command is for: ${names[0]}=${commands[0]}`
      );
    }
    const build2 = key === "" ? builds[0] : builds.find((each) => each.service === key || each.imageKeys.includes(key));
    if (build2 === void 0) {
      throw new ConfigurationError(
        `test: no image is built for "${key}"; ${names.length > 0 ? `images are built for ${names.join(", ")}` : "only one image is built, so leave the name out"}.`
      );
    }
    const argvs = commands.map((command) => splitCommand(command, "test"));
    found.set(build2.service, [...found.get(build2.service) ?? [], ...argvs]);
  }
  return found;
}
function loadedImageId(name, context) {
  return dockerOutput(["image", "inspect", "--format", "{{.Id}}", name], context);
}
var TEST_EVIDENCE_LINES = 30;
async function runImageTest(id, argv, service, { run: run2, log, environment: env, signal }) {
  const name = `sealift-test-${randomUUID2().slice(0, 8)}`;
  const label = `${LABEL.role}=${OWN_ROLE.test}`;
  const options = ["--rm", "--pull", "never", "--name", name, "--label", label];
  const command = formatCommand(argv);
  log.info(`Test${service === "" ? "" : ` of ${service}`}: ${command}`);
  const tail = new Tail(TEST_EVIDENCE_LINES);
  try {
    await run2("docker", ["run", ...options, id, ...argv], {
      env,
      onLine(line) {
        log.info(line);
        tail.push(line);
      },
      signal
    });
  } catch (error2) {
    await run2("docker", ["rm", "--force", "--volumes", name], { env, allowedExitCodes: [1] }).catch(
      () => void 0
    );
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    const where = service === "" ? "the image" : `the image of ${service}`;
    throw new SealiftError(
      `test: ${testFailureText(`"${command}"`, where, error2.exitCode, tail.lines.at(-1) ?? "")}`,
      { evidence: tail.lines, alreadyLogged: true }
    );
  }
}
function testFailureText(command, where, code, last) {
  switch (code) {
    case 125:
      return `the container for ${command} could not be created. ${last}`;
    case 126:
      return `${command} could not be started in ${where}: it is not executable. ${last}`;
    case 127:
      return `${command} could not be started in ${where}: there is no such program in it. ${last}`;
    case 137:
      return `${command} was killed in ${where} (exit code 137): it was probably out of memory.`;
    case void 0:
      return `${command} failed in ${where} with a signal. Nothing was pushed.`;
    default:
      return `${command} failed in ${where} with exit code ${code}. Nothing was pushed.`;
  }
}

// src/image/labels.ts
import { createHash } from "node:crypto";
import { relative as relative3 } from "node:path";
var OCI_LABEL = {
  revision: "org.opencontainers.image.revision",
  source: "org.opencontainers.image.source",
  created: "org.opencontainers.image.created",
  version: "org.opencontainers.image.version"
};
var BUILD_FINGERPRINT_LABEL = "sealift.build";
function imageLabels(commit, tags, version, now) {
  return {
    [OCI_LABEL.created]: commit.committedAt ?? now.toISOString(),
    [OCI_LABEL.version]: version ?? tags[1] ?? commit.sha ?? "unknown",
    ...commit.sha === void 0 ? {} : { [OCI_LABEL.revision]: commit.sha },
    ...commit.source === void 0 ? {} : { [OCI_LABEL.source]: commit.source }
  };
}
function buildFingerprint(recipe, tests, workspace) {
  const { target } = recipe;
  const ociLabels = new Set(Object.values(OCI_LABEL));
  const inCheckout = (path) => path?.startsWith("/") ? relative3(workspace, path) : path;
  const content = {
    context: inCheckout(target.context),
    dockerfile: inCheckout(target.dockerfile),
    inline: target["dockerfile-inline"],
    target: target.target,
    args: sortedEntries(target.args),
    labels: sortedEntries(target.labels).filter(([key]) => !ociLabels.has(key)),
    contexts: sortedEntries(target.contexts).map(([name, context]) => [name, inCheckout(context)]),
    platforms: [...target.platforms ?? []].sort(),
    secrets: recipe.secrets.size,
    hosts: sortedEntries(target["extra-hosts"]),
    network: target.network,
    tests
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
function sortedEntries(map = {}) {
  return Object.entries(map).sort(([one], [other]) => one < other ? -1 : 1);
}

// src/image/recipe.ts
import { resolve as resolve2 } from "node:path";

// src/image/build-options.ts
function parseKeyValues(lines) {
  return Object.fromEntries(lines.map(splitKeyValue));
}
function splitKeyValue(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
function parseExtraHosts(lines) {
  const hosts = {};
  for (const line of lines) {
    const { name, address } = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups ?? {};
    if (name === void 0 || address === void 0) continue;
    hosts[name] = hosts[name] === void 0 ? address : `${hosts[name]},${address}`;
  }
  return hosts;
}
function attestOptions(kind, value) {
  if (value === void 0 || value === "") return [];
  if (value === "true") return [`type=${kind}`];
  return [value === "false" ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}

// src/image/compose-build.ts
function translateComposeBuild(image, data, inputs) {
  const build2 = asObject(mapStrings(data, unescapeDollars));
  const where = `compose-file: build of service ${image.service}`;
  const secrets = /* @__PURE__ */ new Map();
  const inline = asText(build2["dockerfile_inline"]);
  const platforms = asStrings(build2["platforms"]);
  return {
    target: {
      context: asText(build2["context"]) ?? inputs.workspace,
      dockerfile: inline === void 0 ? asText(build2["dockerfile"]) : void 0,
      "dockerfile-inline": inline,
      target: asText(build2["target"]),
      args: definedStrings(build2["args"]),
      labels: definedStrings(build2["labels"]),
      contexts: mapValues(
        definedStrings(build2["additional_contexts"]),
        (context, name) => additionalContext(name, context, inputs, where)
      ),
      platforms: platforms.length > 0 || image.platform === void 0 ? platforms : [image.platform],
      secret: asList(build2["secrets"]).map(
        (use) => composeBuildSecret(asObject(use), image, inputs, secrets, where)
      ),
      ssh: asStrings(build2["ssh"]),
      "cache-from": asStrings(build2["cache_from"]),
      "extra-hosts": parseExtraHosts(asStrings(build2["extra_hosts"])),
      ulimits: Object.entries(asObject(build2["ulimits"])).map(([name, limit]) => {
        const { soft = limit, hard } = asObject(limit);
        return hard === void 0 ? `${name}=${soft}` : `${name}=${soft}:${hard}`;
      }),
      "shm-size": asText(build2["shm_size"]),
      network: asText(build2["network"]),
      entitlements: [
        ...asStrings(build2["entitlements"]),
        ...build2["privileged"] === true ? ["security.insecure"] : []
      ],
      pull: build2["pull"] === true || void 0,
      "no-cache": build2["no_cache"] === true || void 0,
      "no-cache-filter": asStrings(build2["no_cache_filter"])
    },
    secrets,
    references: asStrings(build2["tags"]),
    attest: [
      ...attestOptions("provenance", asText(build2["provenance"])),
      ...attestOptions("sbom", asText(build2["sbom"]))
    ],
    cacheTo: asStrings(build2["cache_to"])
  };
}
function composeBuildSecret(use, image, inputs, secrets, where) {
  const source = asText(use["source"]) ?? "";
  const id = asText(use["target"]) ?? source;
  const spec = asObject(mapStrings(image.secrets[source], unescapeDollars));
  const file = asText(spec["file"]);
  if (file !== void 0) return csvLine([`id=${id}`, `src=${file}`]);
  const value = inputs.contents.get(`secret:${source}`);
  if (value === void 0) {
    const name = asText(spec["environment"]);
    const advice = name === void 0 ? "Give it file: or environment:." : `Set ${name} in the input "env".`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${advice}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(image.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csvLine([`id=${id}`, `env=${variable}`]);
}
function csvLine(fields) {
  return fields.map((field) => /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(",");
}
function additionalContext(name, context, inputs, where) {
  const service = /^service:(?<service>.+)$/.exec(context)?.groups?.["service"];
  if (service === void 0) return context;
  const id = inputs.ids.get(service);
  if (id !== void 0) return `target:${id}`;
  throw new ConfigurationError(
    `${where}: context ${name} is service ${service}, which is not built here. Give that service build:.`
  );
}
function definedStrings(value) {
  const entries = Object.entries(asObject(value)).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, String(each)]));
}

// src/image/recipe.ts
var REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;
function bakeTargetIds(images) {
  const ids = /* @__PURE__ */ new Map();
  for (const { service, imageKeys } of images) {
    const name = service === "" ? "image" : service.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let id = name;
    for (let count = 2; [...ids.values()].includes(id); count += 1) id = `${name}-${count}`;
    for (const key of [service, ...imageKeys]) ids.set(key, id);
  }
  return ids;
}
function recipeFor(image, options, inputs) {
  const id = inputs.ids.get(image.service) ?? "image";
  const base = image.build === void 0 ? recipeFromInputs(options, inputs.workspace) : translateComposeBuild(image, image.build, inputs);
  const secrets = new Map(base.secrets);
  const secretLines = options.buildSecrets.map((line, index) => buildSecretFromInput(line, index, secrets));
  const isOnly = new Set(inputs.ids.values()).size === 1;
  const cacheFrom = options.cacheFrom.flatMap(
    (cache) => isOnly ? [cache] : [cache, cacheForImage(cache, id)]
  );
  const cacheTo = options.cacheTo.map((cache) => isOnly ? cache : cacheForImage(cache, id));
  const attest = [...attestOptions("provenance", options.provenance), ...attestOptions("sbom", options.sbom)];
  const overridden = new Set(attest.map(attestKind));
  return {
    id,
    target: {
      ...base.target,
      args: { ...base.target.args, ...parseKeyValues(options.buildArgs) },
      labels: { ...base.target.labels, ...inputs.labels, ...parseKeyValues(options.labels) },
      contexts: { ...base.target.contexts, ...parseKeyValues(options.buildContexts) },
      "extra-hosts": { ...base.target["extra-hosts"], ...parseExtraHosts(options.addHosts) },
      secret: [...base.target.secret ?? [], ...secretLines],
      "cache-from": [.../* @__PURE__ */ new Set([...base.target["cache-from"] ?? [], ...cacheFrom])],
      platforms: options.platforms.length > 0 ? options.platforms : base.target.platforms ?? [],
      pull: options.pull || base.target.pull,
      "no-cache": options.noCache || base.target["no-cache"]
    },
    secrets,
    references: base.references,
    attest: [...base.attest.filter((line) => !overridden.has(attestKind(line))), ...attest],
    cacheTo: [...base.cacheTo, ...cacheTo]
  };
}
function recipeFromInputs({ context, file, target }, workspace) {
  const inCheckout = (path) => REMOTE_CONTEXT.test(context) ? path : resolve2(workspace, path);
  return {
    target: { context: inCheckout(context), dockerfile: file && inCheckout(file), target },
    secrets: /* @__PURE__ */ new Map(),
    references: [],
    attest: [],
    cacheTo: []
  };
}
function buildSecretFromInput(line, index, secrets) {
  const [id, value] = splitKeyValue(line);
  if (Buffer.byteLength(value) > MAX_VARIABLE_BYTES) {
    throw new ConfigurationError(
      `build-secrets: "${id}" is longer than 127 KiB, which is too long for an environment variable. Give the build a shorter secret with which it can fetch the rest.`
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id},env=${variable}`;
}
function attestKind(attest) {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.["kind"];
}
var CACHE_NAME_FIELD = {
  gha: () => "scope",
  registry: () => "ref",
  local: (cache) => /(?:^|,)dest=/.test(cache) ? "dest" : "src"
};
function cacheForImage(cache, id) {
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"];
  if (type === void 0) return withTagSuffix(cache, id);
  const field = CACHE_NAME_FIELD[type]?.(cache);
  if (field === void 0) return cache;
  const name = new RegExp(`(?<=(?:^|,)${field}=)[^,]*`);
  if (field === "scope" && !name.test(cache)) return `${cache},scope=${id}`;
  return cache.replace(
    name,
    (value) => field === "ref" ? withTagSuffix(value, id) : `${value}${field === "scope" ? "-" : "/"}${id}`
  );
}
function withTagSuffix(reference, id) {
  const hasTag = reference.lastIndexOf(":") > reference.lastIndexOf("/");
  return `${reference}${hasTag ? "" : ":latest"}-${id}`;
}

// src/image/tags.ts
var SEMVER_TAG = /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
var TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;
function imageTagsFor(lines, commit) {
  if (commit.sha === void 0) {
    throw new ConfigurationError(
      "tags: the commit, which names the image, is not known. Run actions/checkout before this step, or set GITHUB_SHA."
    );
  }
  const values = templateValues(commit);
  const tags = /* @__PURE__ */ new Set([commit.sha]);
  const skipped = [];
  for (const line of lines) {
    const names = templatesIn(line);
    const missing = names.find((name) => values[name] === void 0);
    if (missing !== void 0) {
      skipped.push(`tags: "${line}" is left out: ${whyNoValue(missing, commit)}.`);
      continue;
    }
    let next = 0;
    const tag = line.replaceAll(TEMPLATE, () => values[names[next++] ?? "sha7"] ?? "");
    if (!isTag(tag)) throw invalidTagError(tag, line, names, values);
    tags.add(tag);
  }
  return { tags: [...tags], version: values.semver, skipped };
}
function templatesIn(line) {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TAG_TEMPLATES.find((template) => template === groups?.["name"]);
    if (name !== void 0) return name;
    const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(", ");
    throw new ConfigurationError(`tags: {{${groups?.["name"]}}} is not known; ${known} are.`);
  });
}
function templateValues({ ref = "", sha, pullRequest }) {
  const { kind, name = "" } = /^refs\/(?<kind>heads|tags)\/(?<name>.+)$/.exec(ref)?.groups ?? {};
  const branch = kind === "heads" && !name.startsWith("gh-readonly-queue/") ? name : void 0;
  return {
    branch,
    "branch-slug": branch && slugOf(branch),
    semver: kind === "tags" ? SEMVER_TAG.exec(name)?.groups?.["version"] : void 0,
    sha7: sha?.slice(0, 7),
    pr: pullRequest?.toString()
  };
}
function slugOf(branch) {
  const valid = branch.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[.-]+/, "");
  return valid.slice(0, 128) || void 0;
}
function whyNoValue(name, commit) {
  const ref = commit.ref ?? "a commit that the event does not name";
  if (name === "pr") return "this run is not for a pull request";
  return name === "semver" ? `${ref} is no tag with a version such as v1.2.0` : `${ref} is no branch`;
}
function invalidTagError(tag, line, names, values) {
  const origin = names.length === 0 ? "" : ` (from ${line})`;
  const advice = names.includes("branch") ? ` Write {{branch-slug}} for "${values["branch-slug"] ?? ""}".` : names.includes("semver") ? ' An image tag has no "+", and this version has one (build metadata): give the commit a Git tag without it.' : "";
  return new ConfigurationError(`tags: "${tag}"${origin} is not a valid tag: ${TAG_RULE}.${advice}`);
}

// src/image/build-plan.ts
function planBuild({ targets, options, commit, contents }, workspace) {
  const tags = imageTagsFor(options.tags, commit);
  const testsByService = imageTestsFor(targets, options.tests);
  const labels = imageLabels(commit, tags.tags, tags.version, /* @__PURE__ */ new Date());
  const inputs = { workspace, contents, ids: bakeTargetIds(targets), labels };
  const items = targets.map((image) => {
    const recipe = recipeFor(image, options, inputs);
    const tests = testsByService.get(image.service) ?? [];
    const commands = tests.map((argv) => argv.join("\0"));
    const fingerprint = buildFingerprint(recipe, commands, workspace);
    const labelled = { ...recipe.target.labels, [BUILD_FINGERPRINT_LABEL]: fingerprint };
    return { image, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests };
  });
  return { tags, items };
}
function buildSecretsOf(items) {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}
function imageReferencesOf({ tags }, { image, recipe }) {
  const [commit = "", ...rest] = tags.tags.map((tag) => `${image.repository}:${tag}`);
  const copies = image.otherRepositories.flatMap(
    (repository) => tags.tags.map((tag) => `${repository}:${tag}`)
  );
  const others = /* @__PURE__ */ new Set([...rest, ...copies, ...recipe.references]);
  others.delete(commit);
  return { commit, otherReferences: [...others] };
}

// src/image/platforms.ts
function normalizePlatform(platform) {
  return platform.replace(/\/arm64\/v8$/, "/arm64").replace(/\/arm$/, "/arm/v7").replace(/\/amd64\/v1$/, "/amd64");
}
function isSamePlatform(one, other) {
  return normalizePlatform(one) === normalizePlatform(other);
}
function testPlatform(platforms = [], own) {
  return platforms.find((platform) => isSamePlatform(platform, own)) ?? platforms[0];
}
function enginePlatform(context) {
  return dockerOutput(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"], context);
}

// src/image/push-mode.ts
import { randomUUID as randomUUID3 } from "node:crypto";
async function choosePushMode(context) {
  const printed = await dockerOutput(["buildx", "inspect"], context).catch((error2) => {
    if (!(error2 instanceof CommandError)) throw error2;
    return "";
  });
  const driver = /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.["driver"];
  if (driver !== void 0 && driver !== "docker") return { kind: "digest" };
  return { kind: "tag", tag: `candidate-${randomUUID3().slice(0, 8)}` };
}
async function tagInEngine(pushMode, repository, references, context) {
  if (pushMode.kind !== "tag") return;
  for (const reference of references)
    await tryDockerImage(["tag", `${repository}:${pushMode.tag}`, reference], context);
}
async function removeCandidateTag(pushMode, repositories, context) {
  if (pushMode.kind !== "tag") return;
  await removeLocalImages(
    repositories.map((repository) => `${repository}:${pushMode.tag}`),
    context
  );
}
async function removeLocalImages(names, context) {
  await tryDockerImage(["rm", "--force", ...names], context);
}
async function tryDockerImage(args, { run: run2, environment }) {
  await run2("docker", ["image", ...args], { env: environment, allowedExitCodes: [1] }).catch(() => void 0);
}

// src/image/run-bake.ts
import { randomUUID as randomUUID4 } from "node:crypto";
import { readFile as readFile5, writeFile as writeFile2 } from "node:fs/promises";
import { join as join6 } from "node:path";

// src/run/retry.ts
import { setTimeout as setTimeout2 } from "node:timers/promises";
var RetryLimit = class {
  #duration;
  #end;
  /** @param duration milliseconds */
  constructor(duration) {
    this.#duration = duration;
  }
  /** Milliseconds that are left. */
  left() {
    this.#end ??= performance.now() + this.#duration;
    return this.#end - performance.now();
  }
};
var pauseInRealTime = (milliseconds, signal) => setTimeout2(milliseconds, void 0, signal && { signal }).catch(() => signal?.throwIfAborted());
var DEFAULT_RETRY_POLICY = { attempts: 5, firstWait: 2e3, longestWait: 3e4 };
var TransientError = class extends Error {
  finalError;
  /** Milliseconds that the other side wants to be left alone; `undefined` if it did not say. */
  wait;
  /** @param reason for the log, while it is tried again; the message of the error by default */
  constructor(finalError, { reason, wait } = {}) {
    super(reason ?? finalError.message);
    this.finalError = finalError;
    this.wait = wait;
  }
};
async function retryTransient(what, attempt, { log, retryPolicy, signal, pause: pause9 = pauseInRealTime, limit }) {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error2) {
      if (!(error2 instanceof TransientError)) throw error2;
      if (number >= retryPolicy.attempts) throw error2.finalError;
      const wait = error2.wait ?? retryWait(number, retryPolicy, Math.random());
      if (limit !== void 0 && wait > limit.left()) throw error2.finalError;
      log.info(
        `${what} failed: ${error2.message} Trying again in ${(wait / 1e3).toFixed(1)} s (${number + 1} of ${retryPolicy.attempts}).`
      );
      await pause9(wait, signal);
    }
  }
}
function retryWait(number, { firstWait, longestWait }, random) {
  const half = Math.min(longestWait, firstWait * 2 ** (number - 1)) / 2;
  return Math.round(half + half * random);
}

// src/run/registry-errors.ts
var ACCESS_DENIED = /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
var TRANSIENT_ERROR = /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:408|429|5\d\d)|HTTP (?:408|429|5\d\d) response|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
function isAccessDenied(text) {
  return ACCESS_DENIED.test(text);
}
function isTransient(text) {
  return TRANSIENT_ERROR.test(text);
}

// src/run/web-request.ts
import * as https2 from "node:https";

// src/run/proxy.ts
import { BlockList, isIP } from "node:net";
function proxyFor(url, environment = process.env) {
  const read = (name) => (environment[name] || environment[name.toUpperCase()] || "").trim();
  const proxy = read(url.protocol === "https:" ? "https_proxy" : "http_proxy");
  if (proxy === "" || isThisMachine(hostOf(url)) || isExempt(url, read("no_proxy"))) return void 0;
  const parsed = URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : void 0;
}
var hostOf = ({ hostname }) => hostname.replace(/^\[(.*)\]$/, "$1");
function isThisMachine(host) {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
function isExempt(url, noProxy) {
  const host = hostOf(url);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy.split(/[\s,]+/).map((entry) => entry.toLowerCase()).some((entry) => {
    if (entry === "*") return true;
    if (entry.includes("/")) return isInRange(host, entry);
    const withPort = /^(?<name>[^:]+|\[.*\]):(?<port>\d+)$/.exec(entry)?.groups;
    if (withPort !== void 0 && withPort["port"] !== port) return false;
    const name = (withPort?.["name"] ?? entry).replace(/^\[(.*)\]$/, "$1").replace(/^\*(?=\.)/, "");
    if (name === "") return false;
    return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
  });
}
function isInRange(host, range) {
  const family = isIP(host) === 6 ? "ipv6" : "ipv4";
  const [network = "", bits = ""] = range.split("/");
  if (isIP(host) === 0 || isIP(network) !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === "ipv6" ? 128 : 32)) return false;
  const ranges = new BlockList();
  ranges.addSubnet(network, Number(bits), family);
  return ranges.check(host, family);
}
var proxyName = ({ host }) => host;
function proxyHeaders({ username, password }) {
  if (username === "" && password === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

// src/run/proxy-agent.ts
import * as http from "node:http";
import * as https from "node:https";
import { PassThrough } from "node:stream";
var CONNECT_TIMEOUT = 15e3;
var ProxyError = class extends Error {
};
var ProxyAgent = class extends https.Agent {
  #proxy;
  constructor(proxy, options = {}) {
    super(options);
    this.#proxy = proxy;
  }
  createConnection(options, callback) {
    const target = `${withBrackets(options.host ?? "localhost")}:${options.port ?? 443}`;
    openTunnel(this.#proxy, target).then(
      (socket) => {
        const tunnelled = { ...options, socket };
        const stream = super.createConnection(tunnelled);
        if (stream) callback?.(null, stream);
      },
      // With an error, nobody looks at the stream.
      (error2) => callback?.(error2, new PassThrough())
    );
  }
};
var withBrackets = (host) => host.includes(":") ? `[${host}]` : host;
function openTunnel(proxy, target) {
  return new Promise((resolve4, reject) => {
    const fail = (reason) => reject(new ProxyError(`the proxy ${proxyName(proxy)} ${reason}`));
    const request6 = requestProxy(proxy, {
      method: "CONNECT",
      path: target,
      headers: { host: target },
      timeout: CONNECT_TIMEOUT
    });
    request6.once("connect", ({ statusCode: statusCode2 }, socket) => {
      if (statusCode2 === 200) return resolve4(socket);
      socket.destroy();
      fail(`answered ${statusCode2} when it was to connect to ${target}`);
    });
    request6.once("response", ({ statusCode: statusCode2 }) => {
      request6.destroy();
      fail(`answered ${statusCode2} when it was to connect to ${target}`);
    });
    request6.once("timeout", () => request6.destroy(new Error("no answer")));
    request6.once(
      "error",
      ({ code, message }) => fail(`can't be reached: ${code ?? message}`)
    );
    request6.end();
  });
}
function requestProxy(proxy, options) {
  const open = proxy.protocol === "https:" ? https.request : http.request;
  return open({
    ...options,
    host: proxy.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    agent: false,
    headers: { ...options.headers, ...proxyHeaders(proxy) }
  });
}

// src/run/web-request.ts
var MOST_REDIRECTS = 20;
var REDIRECTS = [301, 302, 303, 307, 308];
async function requestWeb(address, request6) {
  let url = new URL(address);
  for (let redirects = 0; ; redirects += 1) {
    const proxy = proxyFor(url);
    const answer = proxy === void 0 ? await fetchOnce(url, request6) : await requestBy(proxy, url, request6);
    const location = answer.headers.get("location");
    if (request6.redirect === "manual" || !REDIRECTS.includes(answer.status) || location === null)
      return answer;
    if (redirects === MOST_REDIRECTS) throw new Error(`more than ${MOST_REDIRECTS} redirects`);
    url = new URL(location, url);
  }
}
async function fetchOnce(url, { method, headers, signal }) {
  const response = await fetch(url, { ...method && { method }, headers, signal, redirect: "manual" });
  return { status: response.status, headers: response.headers, body: await response.text() };
}
async function requestBy(proxy, url, { method = "GET", headers, signal }) {
  signal.throwIfAborted();
  const common = { method, headers: { ...headers, host: url.host }, signal };
  const path = `${url.pathname}${url.search}`;
  const request6 = url.protocol === "https:" ? https2.request({
    ...common,
    ...{ host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port || 443, path },
    agent: new ProxyAgent(proxy)
  }) : requestProxy(proxy, { ...common, path: `${url.origin}${path}` });
  return await readAnswer(request6, signal);
}
function readAnswer(request6, signal) {
  return new Promise((resolve4, reject) => {
    const fail = (error2) => reject(signal.aborted ? signal.reason : error2);
    request6.once("error", fail);
    request6.once("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("error", fail);
      response.once("end", () => {
        const { statusCode: status2 = 0, headers } = response;
        const entries = Object.entries(headers).map(
          ([name, value]) => [name, String(value)]
        );
        resolve4({ status: status2, headers: new Headers(entries), body: Buffer.concat(chunks).toString() });
      });
    });
    request6.end();
  });
}

// src/run/retry-after.ts
var ANSWER_TIMEOUT = 5e3;
var SHORTEST_WAIT = 1e3;
var GO_UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
function retryAfterInText(text) {
  const found = /retry-after:? *(?<duration>(?:[\d.]+(?:h|ms|m|s|µs|us|ns))+)/i.exec(text)?.groups?.["duration"];
  if (found === void 0) return void 0;
  const parts = [...found.matchAll(/(?<count>[\d.]+)(?<unit>h|ms|m|s|µs|us|ns)/g)];
  const wait = parts.reduce(
    (sum, { groups }) => sum + Number(groups?.["count"]) * (GO_UNITS[groups?.["unit"] ?? ""] ?? 0),
    0
  );
  return Math.max(SHORTEST_WAIT, wait);
}
function retryAfterOfHeader(header, now = Date.now()) {
  if (header === null) return void 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1e3 : Date.parse(header) - now;
  return Number.isNaN(wait) ? void 0 : Math.max(SHORTEST_WAIT, wait);
}
async function askRetryAfter(image, signal) {
  const path = manifestPath(image);
  for (const scheme of ["https", "http"]) {
    try {
      const { status: status2, headers } = await requestWeb(`${scheme}://${path}`, {
        method: "HEAD",
        headers: { "user-agent": "sealift" },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)])
      });
      return status2 === 429 || status2 === 503 ? retryAfterOfHeader(headers.get("retry-after")) : void 0;
    } catch {
      signal.throwIfAborted();
    }
  }
  return void 0;
}
function manifestPath(image) {
  const { repository, tag = "latest", digest = tag } = parseImageReference(image, "image");
  const registry = registryOf(repository);
  if (registry !== DOCKER_HUB) return `${repository.replace("/", "/v2/")}/manifests/${digest}`;
  const path = repository.replace(/^(?:index\.)?docker\.io\//, "");
  return `registry-1.docker.io/v2/${path.includes("/") ? path : `library/${path}`}/manifests/${digest}`;
}

// src/image/build-errors.ts
var PERMANENT_ERROR = /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
var ENGINE_UNREACHABLE = /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i;
function isEngineUnreachable(text) {
  return ENGINE_UNREACHABLE.test(text);
}
function isRetryablePushError(text) {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}
function isBuildxUnusable(text) {
  return /unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(
    text
  );
}
var BUILDX_ADVICE = "docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step.";
function lastStderrLine({ stderr }) {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  return line.replace(/^(?:Error response from daemon|ERROR):\s*/, "");
}
function pushAdvice(registry) {
  return registry === GITHUB_REGISTRY ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set "registry-username" and "registry-password".' : `Check that the login for ${registry} has write access. If there is none, ${loginAdvice(registry)}.`;
}

// src/image/explain-build-failure.ts
var DOCKERFILE_ADVICE = `Set "file" to the Dockerfile's path, or "context" to its folder (in a Compose file: dockerfile: and context: below build:).`;
var OTHER_BUILDER = "Run docker/setup-buildx-action before this step: it creates a builder that can.";
var PROGRESS_SEPARATOR = /^-{4,}$/;
var DOCKER_PUSH = /^ > pushing (?<reference>\S+) with docker:$/;
var CONFIGURATION_ERRORS = [
  [
    /Multi-platform build is not supported/i,
    `platforms: the runner's builder can't build for several platforms. ${OTHER_BUILDER}`
  ],
  [/Attestation is not supported/i, `provenance, sbom: the runner's builder can't attest. ${OTHER_BUILDER}`],
  [
    /Cache export is not supported/i,
    `cache-to: the runner's builder can't export its cache, except inline. ${OTHER_BUILDER}`
  ],
  [
    /failed to read dockerfile: open (?<name>[^:]+):/,
    `file: there is no $<name> in the context. ${DOCKERFILE_ADVICE}`
  ],
  [
    /failed to read dockerfile: (?<reason>.*)/,
    `file: the Dockerfile can't be read: $<reason>. ${DOCKERFILE_ADVICE}`
  ],
  [
    /unable to prepare context: path "(?<path>[^"]*)" not found/,
    "context: the folder $<path> does not exist. Does actions/checkout run before this step?"
  ],
  [
    /(?<stage>target stage "[^"]*") could not be found/,
    "target: $<stage> is not in the Dockerfile. Write the name after AS of one of its stages (FROM image AS name)."
  ],
  [
    /secret (?<id>\S+): not found/,
    'build-secrets: the Dockerfile needs the secret "$<id>", which is not set. Add a line $<id>=….'
  ],
  [
    /(?<entitlement>entitlement \S+ is not allowed.*)/,
    "The builder does not allow what the build needs: $<entitlement> Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement …."
  ]
];
function explainBuildFailure(lines, pushed) {
  const start = lines.findLastIndex((line) => line.startsWith("ERROR:"));
  const last = lines.slice(start < 0 ? -3 : start).join(" ");
  const text = last.replace(/^ERROR:\s*/, "");
  const options = { evidence: buildEvidenceOf(lines) };
  const reason = shortenBuildError(text);
  if (isBuildxUnusable(text)) return new ConfigurationError(BUILDX_ADVICE, options);
  if (isEngineUnreachable(text))
    return new SealiftError(
      `No Docker engine answers on the runner, so nothing can be built: ${reason}`,
      options
    );
  const stepFailed = /did not complete successfully/.test(text);
  if ((stepFailed ? lines : [text]).some((line) => /no space left on device/i.test(line)))
    return new SealiftError(
      `The engine that builds has not enough disk space: ${reason} Free space before this step (docker system df shows what uses it).`,
      options
    );
  if (stepFailed) return explainStepFailure(lines, text, options);
  for (const [pattern, message] of CONFIGURATION_ERRORS) {
    const found = pattern.exec(text);
    if (found === null || isTransient(text)) continue;
    const filled = message.replaceAll(/\$<(\w+)>/g, (_, name) => found.groups?.[name] ?? "");
    return new ConfigurationError(filled, options);
  }
  if (pushed.length > 0 && isPushFailure(lines, text))
    return explainPushFailure(lines, text, pushed, options);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(text)?.groups?.["image"];
  if (base !== void 0 && !isTransient(text)) {
    return new ConfigurationError(
      isAccessDenied(text) ? `The registry refuses the base image ${base}. To log in, ${loginAdvice(registryOf(base))}. The registry answered: ${reason}` : `The base image ${base} was not found. Check its name and tag in the Dockerfile. The registry answered: ${reason}`,
      options
    );
  }
  const error2 = new SealiftError(`The build failed: ${reason}`, options);
  return isTransient(text) ? new TransientError(error2) : error2;
}
function explainStepFailure(lines, text, options) {
  if (lines.some((line) => /exec format error/.test(line))) {
    return new ConfigurationError(
      "platforms: a step runs a program for another platform, which this runner can't do. Run docker/setup-qemu-action before this step, or build on a runner of that platform.",
      options
    );
  }
  const { command = "", end = "an error" } = /process "(?:\/bin\/sh -c )?(?<command>.*)" did not complete successfully: (?<end>.*)$/.exec(text)?.groups ?? {};
  return new SealiftError(`The build failed: RUN ${shortenBuildError(command)} ended with ${end}.`, options);
}
function isPushFailure(lines, text) {
  return /failed to push|error pushing|failed to copy.*push/i.test(text) || lines.some((line) => DOCKER_PUSH.test(line));
}
function explainPushFailure(lines, text, pushed, options) {
  const named = [
    /failed to push (?<reference>\S+):/.exec(text),
    ...lines.map((line) => DOCKER_PUSH.exec(line))
  ];
  const reference = named.find((found) => found !== null)?.groups?.["reference"] ?? pushed.join(", ");
  const registry = registryOf(reference);
  const reason = shortenBuildError(text);
  if (isAccessDenied(text) && !isTransient(text)) {
    return new ConfigurationError(
      `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} The registry answered: ${reason}`,
      options
    );
  }
  const error2 = new SealiftError(`Pushing ${reference} failed: ${reason}`, options);
  return isRetryablePushError(text) ? new TransientError(error2, { wait: retryAfterInText(text) }) : error2;
}
function buildEvidenceOf(lines) {
  const start = lines.findIndex(
    (line, index) => PROGRESS_SEPARATOR.test(line) && lines[index + 1]?.startsWith(" > ")
  );
  return lines.slice(start < 0 ? -10 : start).filter((line) => line.trim() !== "" && !PROGRESS_SEPARATOR.test(line)).slice(-20);
}
function shortenBuildError(text) {
  const line = text.replaceAll(/\s+/g, " ").replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, "").trim();
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

// src/image/run-bake.ts
var BUILD_EVIDENCE_LINES = 200;
var BAKE_SETTINGS = {
  // Sealift itself writes the definition, with files of the checkout in it. Nobody is there to answer a prompt.
  BUILDX_BAKE_ENTITLEMENTS_FS: "0",
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: "disabled",
  NO_COLOR: "1"
};
function runBake(what, targets, secrets, context) {
  return retryTransient(what, () => runBakeOnce(targets, secrets, context), context);
}
async function runBakeOnce(targets, secrets, { run: run2, log, folder, environment, workspace, signal }) {
  const path = join6(folder, `bake-${randomUUID4().slice(0, 8)}`);
  const [file, metadata] = [`${path}.json`, `${path}.metadata.json`];
  await writeFile2(file, bakeDefinition(targets), { mode: 384 });
  const tail = new Tail(BUILD_EVIDENCE_LINES);
  try {
    await run2(
      "docker",
      [
        ...["buildx", "bake", "--file", file, "--metadata-file", metadata, "--progress", "plain"],
        ...allowFlags(targets.values()),
        ...targets.keys()
      ],
      {
        cwd: workspace,
        env: { ...environment, ...BAKE_SETTINGS, ...Object.fromEntries(secrets) },
        onLine(line) {
          log.info(line);
          tail.push(line);
        },
        signal
      }
    );
  } catch (error2) {
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    const output = tail.lines.length > 0 ? tail.lines : error2.stderr.split("\n");
    throw explainBuildFailure(output, [...targets.values()].flatMap(pushedReferences));
  }
  return readBakeMetadata(await readFile5(metadata, "utf8"), targets.keys());
}
function pushedReferences({ tags = [], output = [] }) {
  if (!output.some((line) => line.includes("push=true"))) return [];
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.["name"] ?? []);
}
function readBakeMetadata(json, ids) {
  const all = asObject(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const entry = asObject(all[id]);
      if (Object.keys(entry).length === 0)
        throw new SealiftError(
          `docker buildx reported nothing about the image "${id}" that it built. Update buildx.`
        );
      const digest = (key) => {
        const value = entry[key];
        return typeof value === "string" && isDigest(value) ? value : void 0;
      };
      return [
        id,
        { digest: digest("containerimage.digest"), config: digest("containerimage.config.digest") }
      ];
    })
  );
}

// src/image/build-and-test.ts
async function buildAndTest(plan, timer, context) {
  const items = plan.items.filter(({ tests }) => tests.length > 0);
  const tested = /* @__PURE__ */ new Map();
  if (items.length === 0) return tested;
  const ownPlatform = await enginePlatform(context);
  const run2 = randomUUID5().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run2}`]));
  const targets = plan.items.map((item) => {
    const { recipe } = item;
    const name = names.get(item);
    const platform = testPlatform(recipe.target.platforms, ownPlatform);
    return [
      recipe.id,
      name === void 0 ? targetForCache(recipe) : targetForTest(recipe, name, platform)
    ];
  });
  const secrets = buildSecretsOf(plan.items);
  try {
    const built = await timer.time("build", () => runBake("The build", new Map(targets), secrets, context));
    await timer.time("build", () => cacheOtherPlatforms(items, ownPlatform, secrets, context));
    for (const [item, name] of names) {
      const result = built.get(item.recipe.id);
      const image = await timer.time("test", () => testImage(item, name, result, ownPlatform, context));
      tested.set(item, image);
    }
    return tested;
  } finally {
    await removeLocalImages([...names.values()], context);
  }
}
async function testImage({ recipe, image, tests }, name, { config, digest: manifest } = {}, ownPlatform, context) {
  if (config === void 0 && manifest === void 0)
    throw new SealiftError(`docker buildx did not report which image it built for ${name}. Update buildx.`);
  const id = await loadedImageId(name, context);
  for (const argv of tests) await runImageTest(id, argv, image.service, context);
  return { config, manifest, platform: testPlatform(recipe.target.platforms, ownPlatform) ?? ownPlatform };
}
async function cacheOtherPlatforms(items, ownPlatform, secrets, context) {
  const others = items.flatMap(({ recipe }) => {
    const { platforms = [], "no-cache": noCache, "no-cache-filter": filter = [] } = recipe.target;
    const tested = testPlatform(platforms, ownPlatform);
    const rest = platforms.filter((platform) => platform !== tested);
    const rebuilds = noCache || filter.length > 0;
    return rebuilds && rest.length > 0 ? [[recipe.id, targetForCache(recipe, rest)]] : [];
  });
  if (others.length > 0)
    await runBake("The build for the other platforms", new Map(others), secrets, context);
}

// src/image/check-build-files.ts
import { existsSync as existsSync2, statSync as statSync2 } from "node:fs";
import { isAbsolute, join as join7, relative as relative4, resolve as resolve3 } from "node:path";
function checkBuildFiles({ service }, { target }, workspace) {
  const { context, dockerfile } = target;
  if (!isAbsolute(context)) return;
  const shown = (path) => relative4(workspace, path) || ".";
  const where = (input2) => service === "" ? `${input2}:` : `compose-file: ${input2} of service ${service}:`;
  if (!existsSync2(context) || !statSync2(context).isDirectory()) {
    throw new ConfigurationError(
      `${where("context")} the folder ${shown(context)} does not exist. Does actions/checkout run before this step?`
    );
  }
  if (target["dockerfile-inline"] !== void 0) return;
  const file = resolve3(context, dockerfile ?? "Dockerfile");
  if (existsSync2(file) || dockerfile === void 0 && existsSync2(join7(context, "dockerfile"))) return;
  const inContext = join7(context, relative4(workspace, file));
  const advice = service !== "" ? "" : existsSync2(inContext) ? ` The path starts at the top of the checkout: file: ${shown(inContext)}` : dockerfile === void 0 ? ' Set "file" to its path, or "context" to its folder.' : "";
  const input = service === "" ? "file" : "dockerfile";
  throw new ConfigurationError(`${where(input)} there is no ${shown(file)}.${advice}`);
}

// src/image/docker-hub.ts
async function requireDockerHubLogin({ items }, { environment }) {
  const pushed = items.flatMap(
    ({ image: { service: service2, repository, otherRepositories } }) => [repository, ...otherRepositories].map((name2) => ({ service: service2, name: name2 }))
  );
  const found = pushed.find(({ name: name2 }) => registryOf(name2) === DOCKER_HUB);
  if (found === void 0 || await hasLogin(environment)) return;
  const { service, name } = found;
  throw new ConfigurationError(
    `image: ${name}${service === "" ? "" : ` of service ${service}`} would be pushed to Docker Hub, and there is no login for ${DOCKER_HUB}. If another registry is meant, write its name before it. If Docker Hub is meant, ${loginAdvice(DOCKER_HUB)}.`
  );
}
async function hasLogin(environment) {
  if (environment["DOCKER_AUTH_CONFIG"]) return true;
  const config = await readDockerConfig(runnerDockerFolder(environment));
  if (asText(config["credsStore"]) !== void 0) return true;
  const known = { ...asObject(config["auths"]), ...asObject(config["credHelpers"]) };
  return Object.keys(known).some((key) => key.includes(DOCKER_HUB));
}

// src/image/phase-timer.ts
var PhaseTimer = class {
  /** Milliseconds by phase. */
  durations = {};
  async time(phase, run2) {
    const startedAt = performance.now();
    try {
      return await run2();
    } finally {
      this.durations[phase] = Math.round((this.durations[phase] ?? 0) + performance.now() - startedAt);
    }
  }
};

// src/image/push-images.ts
async function pushTested(push, context) {
  const { plan, tested, pushMode } = push;
  const repositories = plan.items.map(({ image }) => image.repository);
  const targets = new Map(
    plan.items.map((item) => [
      item.recipe.id,
      targetForVerifiedPush(item.recipe, item.image.repository, pushMode, comparedDigest(tested.get(item)))
    ])
  );
  try {
    const pushed = await runBake("The push", targets, buildSecretsOf(plan.items), context);
    const remotes = await inspectPushed(push, pushed, pushMode.kind === "tag" ? pushMode.tag : void 0);
    for (const [item, remote] of remotes) verifyPushed(item, tested.get(item), remote);
    await moveTags(remotes, push, context);
    return remotes;
  } finally {
    await removeCandidateTag(pushMode, repositories, context);
  }
}
async function pushUntested({ plan, registry }, context) {
  const targets = new Map(
    plan.items.map((item) => {
      const { commit, otherReferences } = imageReferencesOf(plan, item);
      return [item.recipe.id, targetForPush(item.recipe, [...otherReferences, commit])];
    })
  );
  const pushed = await runBake("The push", targets, buildSecretsOf(plan.items), context);
  const remotes = await inspectPushed({ plan, registry }, pushed, plan.tags.tags[0]);
  logPushed(plan, remotes, context);
  return remotes;
}
async function inspectPushed({ plan, registry }, pushed, tag) {
  const inspected = await allOrThrow(
    plan.items.map(async (item) => {
      const { repository } = item.image;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === void 0 && tag === void 0)
        throw new SealiftError(
          `docker buildx did not report which image it pushed to ${repository}. Update buildx.`
        );
      const reference = digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === void 0)
        throw new SealiftError(
          `${reference} was pushed, but the registry does not have it. Run this job again; if it happens again, look at the registry's rules for cleaning up.`
        );
      return [item, remote];
    })
  );
  return new Map(inspected);
}
function comparedDigest(tested) {
  return tested !== void 0 && tested.config === void 0 ? "manifest" : "config";
}
function verifyPushed({ image, recipe }, tested, remote) {
  if (tested === void 0) return;
  const platform = imageForPlatform(remote, tested.platform);
  const kind = comparedDigest(tested);
  const actual = kind === "config" ? platform?.config : platform?.digest;
  if (actual === tested[kind]) return;
  const pushed = pinnedImage(image.repository, remote.digest);
  const cause = recipe.cacheTo.some(isInlineCache) ? "cache-to: type=inline is stored in the image itself, and Docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step." : "A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it rebuilds.";
  throw new SealiftError(
    `${pushed} is not what was tested: its ${kind} is ${actual ?? `missing for ${tested.platform}`}, the tested one is ${tested[kind]}. No tag was moved. ${cause}${image.service === "" ? "" : ` (${image.service})`}`
  );
}
function imageForPlatform({ platforms }, platform) {
  const [first] = platforms.values();
  if (platforms.size === 1) return first;
  return [...platforms].find(([name]) => isSamePlatform(name, platform))?.[1];
}
async function moveTags(remotes, { plan, registry, pushMode }, context) {
  const all = [...remotes].map(([item, { digest }]) => {
    const { repository } = item.image;
    return { ...imageReferencesOf(plan, item), repository, image: pinnedImage(repository, digest) };
  });
  await allOrThrow(all.map(({ image, otherReferences }) => registry.tag(image, otherReferences)));
  await allOrThrow(
    all.flatMap(({ image, repository, commit, otherReferences }) => [
      registry.tag(image, [commit]),
      tagInEngine(pushMode, repository, [commit, ...otherReferences], context)
    ])
  );
  logPushed(plan, remotes, context);
}
function logPushed({ tags }, remotes, { log }) {
  for (const [{ image }, { digest }] of remotes)
    log.info(`Pushed ${pinnedImage(image.repository, digest)} as ${tags.tags.join(", ")}.`);
}

// src/image/plain-http.ts
import { randomUUID as randomUUID6 } from "node:crypto";
import { lookup } from "node:dns/promises";
import { mkdir as mkdir2, writeFile as writeFile3 } from "node:fs/promises";
import { BlockList as BlockList2 } from "node:net";
import { join as join8 } from "node:path";
function isPlainHttpError(text) {
  return /HTTP response to HTTPS client/.test(text);
}
function plainHttpError(registry, evidence = []) {
  return new ConfigurationError(
    `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner (/etc/docker/daemon.json) and of each host.`,
    { evidence }
  );
}
var PLAIN_HTTP_BUILDER = "sealift-plain-http";
async function plainHttpEnvironment(registry, context) {
  const config = await dockerOutput(["info", "--format", "{{json .RegistryConfig}}"], context);
  if (!await isInsecureRegistry(registry, JSON.parse(config))) throw plainHttpError(registry);
  const folder = join8(context.folder, `buildx-${randomUUID6().slice(0, 8)}`);
  await mkdir2(join8(folder, "instances"), { recursive: true });
  await writeFile3(join8(folder, "instances", PLAIN_HTTP_BUILDER), plainHttpBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN_HTTP_BUILDER };
}
function plainHttpBuilder(registry) {
  const toml = `[registry.${JSON.stringify(registry)}]
  http = true
`;
  const Files = { "buildkitd.toml": Buffer.from(toml).toString("base64") };
  const Nodes = [{ Name: `${PLAIN_HTTP_BUILDER}0`, Endpoint: "unix:///dev/null", Files }];
  return JSON.stringify({ Name: PLAIN_HTTP_BUILDER, Driver: "docker-container", Nodes });
}
async function isInsecureRegistry(registry, config) {
  const known = asObject(asObject(asObject(config)["IndexConfigs"])[registry]);
  if (typeof known["Secure"] === "boolean") return !known["Secure"];
  const ranges = new BlockList2();
  for (const range of asStrings(asObject(config)["InsecureRegistryCIDRs"])) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
}

// src/image/remote-image.ts
function remotePlatform(digest, manifest, image) {
  const config = digestField(manifest["config"]);
  if (config === void 0) return void 0;
  const labels = mapValues(asObject(asObject(image["config"])["Labels"]), String);
  return { digest, config, labels, layers: layersOf(manifest, image) };
}
function digestField(value) {
  const digest = asText(asObject(value)["digest"]);
  return digest !== void 0 && isDigest(digest) ? digest : void 0;
}
function layersOf(manifest, image) {
  const layers = asList(manifest["layers"]).map(asObject);
  const diffIds = asStrings(asObject(image["rootfs"])["diff_ids"]);
  if (layers.length !== diffIds.length) return [];
  return layers.map((layer, index) => ({
    digest: asText(layer["digest"]) ?? "",
    diffId: diffIds[index] ?? "",
    size: Number(layer["size"])
  }));
}
function platformText({ os, architecture, variant }) {
  return asStrings([os, architecture, variant]).filter(Boolean).join("/");
}

// src/image/registry.ts
var RegistryAccessError = class extends ConfigurationError {
};
var Registry = class _Registry {
  #context;
  /** Images by digest, which never change: looked up once in a run, whoever asks. */
  static #byDigest = /* @__PURE__ */ new Map();
  #plainHttp = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference) {
    const known = _Registry.#byDigest.get(reference);
    if (known !== void 0) return known;
    const remote = await this.#inspect(reference);
    if (remote !== void 0) _Registry.#byDigest.set(`${repositoryPart(reference)}@${remote.digest}`, remote);
    return remote;
  }
  async #inspect(reference) {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#query(reference, ["inspect", "--format", format, reference]);
    if (answer === void 0) return void 0;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === void 0)
      throw new SealiftError(
        `${reference}: the registry's answer has no digest. Is a proxy between the runner and the registry? It must pass the answers on unchanged.`
      );
    const repository = repositoryPart(reference);
    const manifests = asList(asObject(manifest)["manifests"]).filter(isObject);
    const platforms = /* @__PURE__ */ new Map();
    if (manifests.length === 0) {
      platforms.set(platformText(asObject(image)), await this.#platform(repository, digest, asObject(image)));
    }
    for (const each of manifests) {
      const own = digestField(each);
      const platform = platformText(asObject(each["platform"]));
      if (own === void 0 || platform.startsWith("unknown")) continue;
      const config = asObject(image)[platform] ?? image;
      platforms.set(platform, await this.#platform(repository, own, asObject(config)));
    }
    return { digest, platforms };
  }
  async #platform(repository, digest, image) {
    const reference = `${repository}@${digest}`;
    const raw = await this.#query(reference, ["inspect", "--raw", reference]);
    const platform = raw === void 0 ? void 0 : remotePlatform(digest, asObject(JSON.parse(raw)), image);
    if (platform !== void 0) return platform;
    throw new SealiftError(
      `${reference}: the registry has no such manifest, although its index names it. The image is incomplete: build and push it again (rebuild: true).`
    );
  }
  /**
   * Gives an image more names. Within a registry only the manifest is copied.
   * @throws ConfigurationError when the registry refuses it to this login
   */
  async tag(image, references) {
    if (references.length === 0) return;
    const tags = references.flatMap((reference) => ["--tag", reference]);
    const args = ["create", "--prefer-index=false", ...tags, image];
    const created = await this.#query(image, args, isRetryablePushError).catch((error2) => {
      if (!(error2 instanceof RegistryAccessError)) throw error2;
      const { evidence } = error2;
      const registry = registryOf(image);
      throw new ConfigurationError(
        `${registry} refuses the tags ${references.join(", ")} for ${image}. ${pushAdvice(registry)} The registry answered: ${evidence.at(-1) ?? "nothing"}`,
        { evidence }
      );
    });
    if (created === void 0)
      throw new SealiftError(
        `${image} is not in the registry, so it can't be tagged. It was removed since it was pushed: run this job again.`
      );
  }
  #query(reference, args, isRetryable = isTransient) {
    const what = `Asking ${registryOf(reference)}`;
    return retryTransient(what, () => this.#queryOnce(reference, args, isRetryable), this.#context);
  }
  async #queryOnce(reference, args, isRetryable) {
    const registry = registryOf(reference);
    const { run: run2, environment, signal } = this.#context;
    const plainHttp = this.#plainHttp.get(registry);
    try {
      const env = { ...environment, ...await plainHttp };
      const { stdout } = await run2("docker", ["buildx", "imagetools", ...args], { env, signal });
      return stdout;
    } catch (error2) {
      if (!(error2 instanceof CommandError)) throw error2;
      if (plainHttp !== void 0 || !isPlainHttpError(error2.stderr))
        return explainRegistryError(reference, registry, error2, isRetryable);
    }
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#queryOnce(reference, args, isRetryable);
  }
};
var repositoryPart = (reference) => reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
function explainRegistryError(reference, registry, error2, isRetryable) {
  const reply = lastStderrLine(error2);
  const { evidence } = error2;
  if (isBuildxUnusable(error2.stderr)) throw new ConfigurationError(BUILDX_ADVICE, { evidence });
  if (isAccessDenied(reply) && !isTransient(reply)) {
    throw new RegistryAccessError(
      `image: ${registry} denies access to ${reference}: it does not exist, or the login may not read it. Check the name. If it needs a login, ${loginAdvice(registry)}. The registry answered: ${reply}`,
      { evidence }
    );
  }
  if (isRetryable(reply)) {
    throw new TransientError(
      new SealiftError(`The registry ${registry} can't be reached, or fails: ${reply}`, { evidence }),
      { wait: retryAfterInText(reply) }
    );
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return void 0;
  throw new SealiftError(`The registry ${registry} failed on the query for ${reference}: ${reply}`, {
    evidence
  });
}

// src/image/reuse-images.ts
async function findReusableImages(plan, commit, registry, context) {
  const found = await Promise.all(
    plan.items.map(async (item) => [item, await findReusableImage(item, commit, registry, context)])
  );
  const remotes = /* @__PURE__ */ new Map();
  for (const [item, remote] of found) {
    if (remote === void 0) return void 0;
    remotes.set(item, remote);
  }
  return remotes;
}
async function findReusableImage({ image, recipe }, { sha = "" }, registry, { log }) {
  const reference = `${image.repository}:${sha}`;
  const remote = await registry.inspect(reference).catch((error2) => {
    if (!(error2 instanceof RegistryAccessError)) throw error2;
    log.debug(error2.message);
    return void 0;
  });
  if (remote === void 0) return void 0;
  const platforms = [...remote.platforms.values()];
  const haveLabel = (name, value) => platforms.every(({ labels }) => labels[name] === value);
  if (platforms.length === 0 || !haveLabel(OCI_LABEL.revision, sha)) {
    log.info(`${reference} is in the registry, but its label does not name this commit. It is rebuilt.`);
    return void 0;
  }
  if (!haveLabel(BUILD_FINGERPRINT_LABEL, recipe.target.labels?.[BUILD_FINGERPRINT_LABEL])) {
    log.info(
      `${reference} is in the registry, but was built with other inputs or had another test. It is rebuilt.`
    );
    return void 0;
  }
  return remote;
}
async function tagReusedImages(plan, remotes, registry, { log }) {
  for (const [item, { digest }] of remotes) {
    const image = pinnedImage(item.image.repository, digest);
    log.info(`${image} was built from this commit already and is reused ("rebuild: true" builds it again).`);
    await registry.tag(image, imageReferencesOf(plan, item).otherReferences);
  }
}

// src/image/build-images.ts
async function lookUpBuild(task, context) {
  const plan = planBuild(task, context.workspace);
  for (const line of plan.tags.skipped) context.log.info(line);
  if (task.commit.note !== void 0) context.log.info(task.commit.note);
  const registry = new Registry(context);
  const remotes = task.options.rebuild ? void 0 : await findReusableImages(plan, task.commit, registry, context);
  return { plan, registry, remotes };
}
function reusableImages({ plan, remotes }) {
  return remotes === void 0 ? void 0 : builtImagesFrom(plan, remotes);
}
async function buildImages(task, context, lookup2) {
  const { plan, registry, remotes } = lookup2;
  if (remotes !== void 0) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes);
  }
  for (const { image, recipe } of plan.items) checkBuildFiles(image, recipe, context.workspace);
  await requireDockerHubLogin(plan, context);
  warnOfUnusedCache(task, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0) ? await testAndPush(lookup2, timer, context) : await timer.time("build", () => pushUntested(lookup2, context));
  return builtImagesFrom(plan, pushed, timer.durations);
}
async function testAndPush({ plan, registry }, timer, context) {
  const [tested, pushMode] = await allOrThrow([buildAndTest(plan, timer, context), choosePushMode(context)]);
  return await timer.time("push", () => pushTested({ plan, tested, registry, pushMode }, context));
}
function warnOfUnusedCache({ options }, { log, environment }) {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || "ACTIONS_RUNTIME_TOKEN" in environment) return;
  log.warning("cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN.");
}
function builtImagesFrom({ items, tags }, remotes, durations) {
  const images = [...remotes].flatMap(
    ([{ image }, { digest }]) => image.imageKeys.map((key) => [key, pinnedImage(image.repository, digest)])
  );
  return {
    images: new Map(images),
    tags: tags.tags,
    reused: durations === void 0,
    tested: items.every(({ tests }) => tests.length > 0),
    durations: durations ?? {}
  };
}

// src/release/compose/built-images.ts
function builtImagesOf({ services }) {
  const images = /* @__PURE__ */ new Map();
  const others = [];
  for (const [service, definition] of Object.entries(services)) {
    const { build: build2 } = definition;
    const name = asText(definition["image"]);
    const named = name === void 0 ? [] : [name];
    if (!isObject(build2)) {
      others.push(...named.map((each) => [service, each]));
      continue;
    }
    const key = canonicalJson([build2, platformOf(definition)]);
    const same = images.get(key) ?? { service, build: build2, services: [], names: [] };
    images.set(key, {
      ...same,
      services: [...same.services, service],
      names: [.../* @__PURE__ */ new Set([...same.names, ...named])]
    });
  }
  return [...images.values()].map((image) => ({
    ...image,
    services: [...image.services, ...others.filter(isNamed(image)).map(([service]) => service)]
  }));
}
var platformOf = ({ build: build2, platform }) => asStrings(asObject(build2)["platforms"]).length > 0 ? void 0 : platform;
var isNamed = ({ names }) => ([, name]) => names.some((each) => isSameImageName(each, name));

// src/image/build-targets.ts
function buildTargetsOf(config, source) {
  if (config === void 0) return [buildFromInputs(source, [""])];
  const placeholder = placeholderImage(source.repository);
  const users = Object.entries(config.services).filter(([, service]) => service["image"] === placeholder);
  const images = builtImagesOf(config);
  const only = images.length === 1 && users.length === 0;
  const builds = images.map(({ service, build: build2, services, names }) => {
    const platform = asText(config.services[service]?.["platform"]);
    return {
      service,
      ...repositoriesFor(service, names, source, only),
      imageKeys: [...services, ...names.includes(placeholder) ? [""] : []],
      build: build2,
      platform,
      secrets: config.secrets ?? {}
    };
  });
  const fromInputs = users.length > 0 && users.every(([, service]) => !isObject(service["build"])) ? [buildFromInputs(source, ["", ...users.map(([name]) => name)])] : [];
  const all = [...fromInputs, ...builds];
  if (all.length === 0) throw nothingToBuildError(Object.keys(config.services));
  rejectDuplicateRepositories(all);
  if (fromInputs.length === 0) rejectUnusedInputs(all, source);
  return all;
}
function repositoriesFor(service, names, source, only) {
  const placeholder = placeholderImage(source.repository);
  const references = names.filter((name) => name !== placeholder).map((name) => parseImageReference(name, `compose-file: image of service ${service}`).repository);
  const [localName] = references.filter((name) => !name.includes("/"));
  const [repository, ...otherRepositories] = /* @__PURE__ */ new Set([
    ...names.includes(placeholder) ? [source.repository] : [],
    ...references.filter((name) => name.includes("/"))
  ]);
  if (repository !== void 0) return { repository, otherRepositories, localName: void 0 };
  if (localName !== void 0)
    return { repository: belowRepository(source.repository, localName), otherRepositories, localName };
  return {
    repository: only ? source.repository : repositoryOfService(source, service),
    otherRepositories,
    localName
  };
}
function belowRepository(repository, name) {
  return `${repository}${registryOf(repository) === DOCKER_HUB ? "-" : "/"}${name}`;
}
function repositoryOfService({ repository }, service) {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is not a valid name for its image. Give the service an image: of its own.`
  );
}
function imageNameNotices(builds, { repository, isRepositoryGiven }) {
  const local = builds.flatMap(
    ({ service, localName, repository: pushed }) => localName === void 0 ? [] : [
      `compose-file: image: ${localName} of service ${service} names no registry, so the image is pushed as ${pushed}. For another name, write it with its registry.`
    ]
  );
  const isUsed = builds.some((build2) => build2.repository.startsWith(repository));
  if (isUsed || !isRepositoryGiven) return local;
  const named = builds.map((build2) => `${build2.service}: ${build2.repository}`).join(", ");
  return [
    `image: ${repository} is not used, because each service that is built has another name in image: of the Compose file (${named}). Write image: \${IMAGE} there, or remove the input.`,
    ...local
  ];
}
function buildFromInputs({ repository }, imageKeys) {
  return {
    ...{ service: "", repository, otherRepositories: [], localName: void 0, imageKeys },
    ...{ build: void 0, platform: void 0, secrets: {} }
  };
}
function rejectDuplicateRepositories(builds) {
  for (const [index, build2] of builds.entries()) {
    const own = [build2.repository, ...build2.otherRepositories];
    for (const other of builds.slice(0, index)) {
      const both = [other.repository, ...other.otherRepositories].find((each) => own.includes(each));
      if (both === void 0) continue;
      const names = [other, build2].map(({ service }) => service || "the image of input context");
      throw new ConfigurationError(
        `compose-file: ${names.join(" and ")} are built differently and would both be ${both}. Give each service an image: of its own.`
      );
    }
  }
}
function rejectUnusedInputs(builds, { options }) {
  const { file, target, context } = options;
  const unused = [
    ...file === void 0 ? [] : [["file", "dockerfile"]],
    ...target === void 0 ? [] : [["target", "target"]],
    ...context === "." ? [] : [["context", "context"]]
  ];
  const [first] = unused;
  if (first === void 0) return;
  const services = builds.map(({ service }) => service).join(", ");
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Remove it, or write ${first[1]}: below build: in the Compose file.`
  );
}
function nothingToBuildError(services) {
  return new ConfigurationError(
    `compose-file: there is nothing to build. No service has build: or image: \${IMAGE} (services: ${services.join(", ") || "none"}).`
  );
}

// src/image/login.ts
import { randomUUID as randomUUID7 } from "node:crypto";
import { join as join9 } from "node:path";
async function loginToRegistries(credentials, repositories, step2, { environment = programEnvironment(), retryPolicy = DEFAULT_RETRY_POLICY, signal } = {}) {
  const present = await readDockerConfig(runnerDockerFolder(environment));
  const logins = chooseLogins(credentials, repositories).filter(
    (login) => !isJobToken(login, credentials) || !hasCredentials(present, login.registry)
  );
  const folder = join9(step2.folder, `docker-${randomUUID7().slice(0, 8)}`);
  const registries = logins.map(({ registry }) => registry);
  const config = await makeDockerConfig(folder, registries, environment);
  for (const login of logins) {
    await retryTransient(
      `Logging in to ${login.registry}`,
      () => dockerLogin(login, isJobToken(login, credentials), config, step2, signal),
      { log: step2.log, retryPolicy, signal }
    );
  }
  return config;
}
async function registryEnvironment(credentials, release, step2, options) {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  const named = nameLogin(credentials, release, repositories);
  return (await loginToRegistries(named, repositories, step2, options)).environment;
}
function nameLogin({ logins, unnamed, token }, { id, origin }, repositories) {
  if (unnamed === void 0) return { logins, unnamed, token };
  const [only, ...others] = new Set(repositories.map(registryOf));
  const registry = origin.registry ?? (others.length === 0 ? only : void 0);
  if (registry !== void 0)
    return { logins: [...logins, { registry, ...unnamed }], unnamed: void 0, token };
  throw new ConfigurationError(
    `registry-username: the images of release ${id} are in several registries (${[only, ...others].join(", ")}), and it does not say which one it is for. Write ${loginLines(only ?? "")}.`
  );
}
function chooseLogins({ logins, unnamed, token }, repositories) {
  const registries = new Set([...repositories].map(registryOf));
  const other = [...registries].find((registry) => registry !== GITHUB_REGISTRY);
  if (unnamed !== void 0 && other !== void 0) {
    throw new ConfigurationError(
      `registry-username: it does not say which registry it is for. "image" is not set, and only the Compose file names ${other}. If it is for ${other}, write ${loginLines(other)}.`
    );
  }
  const chosen = unnamed === void 0 ? logins : [...logins, { registry: GITHUB_REGISTRY, ...unnamed }];
  const usesToken = registries.has(GITHUB_REGISTRY) && !chosen.some(({ registry }) => registry === GITHUB_REGISTRY);
  return token === void 0 || !usesToken ? chosen : [...chosen, { registry: GITHUB_REGISTRY, ...token }];
}
function isJobToken({ username, password }, { token }) {
  return token !== void 0 && username === token.username && password === token.password;
}
async function dockerLogin({ registry, username, password }, byToken, { environment }, step2, signal) {
  const server = registry === "docker.io" ? [] : [registry];
  const args = ["login", "--username", username, "--password-stdin", ...server];
  try {
    await step2.run("docker", args, { env: environment, stdin: password, signal });
    step2.log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error2) {
    if (!(error2 instanceof CommandError)) throw error2;
    throw explainLoginError(registry, byToken, error2);
  }
}
function explainLoginError(registry, byToken, error2) {
  const reply = lastStderrLine(error2);
  const { evidence } = error2;
  if (isEngineUnreachable(reply)) {
    return new SealiftError(`No Docker engine answers on the runner: ${reply}`, { evidence });
  }
  if (isAccessDenied(reply)) {
    return new ConfigurationError(
      byToken ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set "registry-username" and "registry-password". The registry answered: ${reply}` : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries need a token in place of the password. The registry answered: ${reply}`,
      { evidence }
    );
  }
  if (isPlainHttpError(reply)) return plainHttpError(registry, evidence);
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${reply} Check its name in the input "image", and that this runner may reach it.`,
    { evidence }
  );
  return isTransient(reply) ? new TransientError(unreachable) : unreachable;
}

// src/image/resolve-images.ts
async function resolveImages(references, context) {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]) => ({
      service,
      ...await resolveImage(reference, registry)
    }))
  );
  for (const { image, name } of resolved) if (name !== image) context.log.info(`${name} is ${image}.`);
  const tags = [...references.values()].map(({ tag }) => tag).filter((tag) => tag !== void 0);
  const [revision, ...otherRevisions] = new Set(resolved.map((each) => each.revision));
  return {
    images: new Map(resolved.map(({ service, image }) => [service, image])),
    tags: [...new Set(tags)],
    revision: otherRevisions.length === 0 ? revision : void 0
  };
}
async function resolveImage({ repository, tag = "latest", digest }, registry) {
  const name = digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
  const remote = await registry.inspect(name);
  if (remote === void 0) {
    throw new ConfigurationError(
      `image: ${name} was not found in the registry. Check the name and the ${digest === void 0 ? "tag" : "digest"}, and whether the image was pushed, or removed since.`
    );
  }
  const image = pinnedImage(repository, digest ?? remote.digest);
  const [first] = remote.platforms.values();
  return { name, image, revision: first?.labels[OCI_LABEL.revision] };
}

// src/report/buffered-log.ts
function createBufferedLog(log) {
  let buffer2 = [];
  const write = (line) => {
    if (buffer2 === void 0) line();
    else buffer2.push(line);
  };
  return {
    info: (line) => write(() => log.info(line)),
    notice: (line) => write(() => log.notice(line)),
    warning: (line) => write(() => log.warning(line)),
    debug: (line) => write(() => log.debug(line)),
    flush() {
      const lines = buffer2 ?? [];
      buffer2 = void 0;
      for (const line of lines) line();
    }
  };
}

// src/model/plain-text.ts
import { stripVTControlCharacters } from "node:util";
var BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
var CONTROLS = new RegExp("(?![\\n\\t])\\p{Cc}", "gu");
function plainText(text) {
  return stripVTControlCharacters(text).replace(/\r\n?/g, "\n").replace(BIDI, "").replace(CONTROLS, "");
}
function oneLine(text) {
  return plainText(text).replace(/\s+/g, " ").trim();
}
var shorten = (text, length) => text.length <= length ? text : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")} …`;

// src/report/log-text.ts
function quoteOutput(lines) {
  return lines.flatMap((line) => plainText(line).split("\n")).map((line) => `  │ ${line}`);
}
function escapeWorkflowCommands(text) {
  return text.split(/\r\n|\r|\n/).map((line) => line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "# #[")).join("\n");
}

// src/report/console.ts
var consoleLog = {
  info: (line) => info(escapeWorkflowCommands(line)),
  notice: (line) => notice(line),
  warning: (line) => warning(line),
  debug: (line) => debug(line)
};
function annotateFailure({ message, ...properties }) {
  error(message, properties);
  process.exitCode = ExitCode.Failure;
}
function openGroup(title) {
  startGroup(title);
  return { [Symbol.dispose]: () => endGroup() };
}
async function group(title, task) {
  var _stack = [];
  try {
    const _group = __using(_stack, openGroup(title));
    return await task();
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function logCollapsed(title, lines) {
  var _stack = [];
  try {
    const _group = __using(_stack, openGroup(title));
    for (const line of lines) consoleLog.info(line);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}

// src/image-lookup.ts
function startImageLookup({ source, registry }, composeFile, { dryRun }, context) {
  const closed = new AbortController();
  const log = createBufferedLog(context.log);
  const background = {
    ...context,
    log,
    signal: AbortSignal.any([context.signal, closed.signal])
  };
  const title = source.kind === "existing" || dryRun ? "Find the image" : "Build, test and push";
  const lookup2 = inBackground(
    source.kind === "existing" ? lookUpExistingImages(source, registry, background) : lookUpImagesToBuild(source, registry, composeFile, dryRun, background)
  );
  return {
    resolve: () => group(title, async () => {
      log.flush();
      const complete = await lookup2;
      return await complete();
    }),
    async [Symbol.asyncDispose]() {
      closed.abort(new Error("The images are no longer needed."));
      await lookup2.catch(() => void 0);
      log.flush();
    }
  };
}
async function lookUpImagesToBuild(source, registry, composeFile, dryRun, context) {
  const { resolved } = await composeFile;
  const targets = buildTargetsOf(resolved?.config, source);
  for (const notice2 of imageNameNotices(targets, source)) context.log.notice(notice2);
  const contents = resolved?.contents ?? /* @__PURE__ */ new Map();
  const task = { targets, options: source.options, commit: context.commit, contents };
  const imageContext = await openImageContext(
    registry,
    targets.flatMap(({ repository, otherRepositories }) => [repository, ...otherRepositories]),
    context
  );
  const found = await lookUpBuild(task, imageContext);
  const known = { revision: context.commit.sha, environment: imageContext.environment };
  if (dryRun) {
    const existing = reusableImages(found);
    return async () => {
      const { images, tags } = existing ?? placeholderImages(task, source.repository, context);
      if (existing !== void 0) context.report.set({ images: Object.fromEntries(images) });
      return { images, tags, ...known };
    };
  }
  return async () => {
    const { images, tags, reused, tested, durations: times } = await buildImages(task, imageContext, found);
    context.report.set({ images: Object.fromEntries(images), tags, build: { reused, tested, times } });
    return { images, tags, ...known };
  };
}
function placeholderImages({ targets }, repository, { log }) {
  log.info("The registry does not have this commit yet: it would be built.");
  const keys = targets.flatMap(
    (target) => target.imageKeys.map((key) => [key, placeholderImage(target.repository)])
  );
  return { images: new Map(keys.length > 0 ? keys : [["", placeholderImage(repository)]]), tags: [] };
}
async function lookUpExistingImages(source, registry, context) {
  const repositories = [...source.images.values()].map(({ repository }) => repository);
  const imageContext = await openImageContext(registry, repositories, context);
  const { images, tags, revision } = await resolveImages(source.images, imageContext);
  return async () => {
    context.report.set({ images: Object.fromEntries(images), tags });
    return { images, tags, revision, environment: imageContext.environment };
  };
}
async function openImageContext(registry, repositories, context) {
  const { run: run2, log, folder, signal } = context;
  const { environment } = await loginToRegistries(registry, repositories, context, { signal });
  return {
    run: run2,
    log,
    folder,
    environment,
    workspace: process.cwd(),
    retryPolicy: DEFAULT_RETRY_POLICY,
    signal
  };
}

// src/commands/build.ts
async function build(request6, context) {
  var _stack = [];
  try {
    const resolved = await readBuildComposeFile(request6, context);
    for (const problem of resolved?.problems ?? [])
      context.log.info(`Needed for the deploy, not for the build: ${problem}`);
    const imageLookup = __using(_stack, startImageLookup(
      request6,
      Promise.resolve({ resolved }),
      { dryRun: false },
      context
    ), true);
    await imageLookup.resolve();
    context.report.set({
      result: "built",
      state: "The images are in the registry.",
      revision: context.commit.sha
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function readBuildComposeFile({ source, compose }, context) {
  if (compose.files === void 0) return void 0;
  const file = { ...compose, port: void 0, volumes: [], domains: /* @__PURE__ */ new Map() };
  const target = { app: "build", environment: "none" };
  const { resolved } = await group(
    "Read the Compose file",
    () => resolveComposeFile(file, target, source.repository, context)
  );
  return resolved;
}

// src/model/history.ts
function validAcceptances(history) {
  const valid = [];
  for (const entry of history) {
    if (entry.event !== "rolled-back") valid.push(entry);
    else if (valid.at(-1)?.release === entry.release && entry.previous !== entry.release) valid.pop();
  }
  return valid;
}
function lastAcceptedRelease(history) {
  return validAcceptances(history).at(-1)?.release;
}
function lastAcceptanceOf(history, id) {
  return validAcceptances(history).findLast((entry) => entry.release === id);
}
var releaseBefore = (history, live) => validAcceptances(history).findLast(({ release }) => release !== live)?.release;
function removedHosts(histories, fleet) {
  const acceptances = histories.flatMap((history) => validAcceptances(history));
  const [last] = acceptances.filter((entry) => entry.fleet !== void 0).toSorted((one, other) => other.at.localeCompare(one.at));
  const known = new Set(fleet.map(hostnameOf));
  return (last?.fleet ?? []).filter((host) => !known.has(hostnameOf(host)));
}
var hostnameOf = (host) => host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, "").replace(/:\d+$/, "");
function trimHistory(history, length, known) {
  if (history.length <= length) return history;
  const older = validAcceptances(history.slice(0, -length));
  const needed = older.filter(
    (entry, index) => index === older.length - 1 || known.has(entry.release) && older.findLastIndex(({ release }) => release === entry.release) === index
  );
  return [...needed, ...history.slice(-length)];
}

// src/cluster/records.ts
var KEPT_ENTRIES = 100;
var VERSION = 1;
function clusterRecords(texts) {
  const documents = texts.flatMap((text) => parseDocument(text) ?? []).toSorted((one, other) => one.sequence - other.sequence);
  const releases = new Map(documents.map(({ release }) => [release.id, release]));
  const newest = documents.at(-1);
  return {
    sequence: newest?.sequence ?? 0,
    documents,
    history: newest?.history ?? [],
    releases: [...releases.values()]
  };
}
function nextDocument(records, release, entry) {
  const known = new Set(records.releases.map(({ id }) => id));
  const history = trimHistory([...records.history, entry], KEPT_ENTRIES, known);
  return { sequence: records.sequence + 1, release, history };
}
var documentText = (document) => JSON.stringify({ version: VERSION, ...document });
function parseDocument(text) {
  try {
    const data = JSON.parse(text);
    if (!isObject(data) || data["version"] !== VERSION) return void 0;
    if (!isObject(data["release"]) || !Array.isArray(data["history"])) return void 0;
    const document = JSON.parse(text);
    return document;
  } catch {
    return void 0;
  }
}
function acceptedRelease({
  history,
  releases
}) {
  const id = validAcceptances(history).at(-1)?.release;
  return releases.find((release) => release.id === id);
}
function keptReleases({ history }, keep) {
  const newestFirst = validAcceptances(history).map(({ release }) => release).reverse();
  return new Set([...new Set(newestFirst)].slice(0, Math.max(keep, 1)));
}
function outdatedDocuments({ documents, sequence }, kept) {
  return documents.filter(
    (document) => document.sequence !== sequence && (!kept.has(document.release.id) || documents.some(
      (later) => later.sequence > document.sequence && later.release.id === document.release.id
    ))
  );
}

// src/cluster/plan.ts
var VERBS = {
  create: "create",
  update: "update",
  relabel: "leave running",
  repair: "repair",
  remove: "remove"
};
function changeText({ kind, what, name, differences }) {
  const list = differences.length === 0 ? "" : `: ${differences.join(", ")}`;
  return `${VERBS[kind]} ${what} ${name}${list}`;
}

// src/model/duration.ts
var MAX_DURATION = 864e5;
var UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
var DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
var PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;
function parseDuration(text) {
  if (!DURATION.test(text)) return void 0;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { groups } of text.matchAll(PART)) {
    const unit = UNITS[groups?.["unit"] ?? ""] ?? Number.NaN;
    if (!(unit < smallest)) return void 0;
    smallest = unit;
    total += Number(groups?.["amount"]) * unit;
  }
  const milliseconds = Math.round(total);
  return Number.isSafeInteger(milliseconds) ? milliseconds : void 0;
}
function formatDuration(milliseconds) {
  const exact = Math.max(0, Math.round(milliseconds));
  if (exact < 1e3) return `${exact}ms`;
  const tenths = Math.round(exact / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(exact / 1e3);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds % 3600 / 60), "m"],
    [seconds % 60, "s"]
  ];
  return parts.flatMap(([amount, unit]) => amount > 0 ? `${amount}${unit}` : []).join("");
}

// src/report/markdown.ts
var MAX_TEXT_LENGTH = 4e3;
var shortLine = (value) => shorten(oneLine(shorten(value, 2 * MAX_TEXT_LENGTH)), MAX_TEXT_LENGTH);
function markdownText(value) {
  return shortLine(value).replace(/[&<>|]/g, htmlEntity).replace(/[\\`*_~[\]$]/g, "\\$&").replace(/^[#+=-]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
}
function htmlText(value) {
  return shortLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, htmlEntity);
}
var NAMED_ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
var htmlEntity = (character) => NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`;
function codeSpan(value) {
  const content = shortLine(value);
  if (content === "") return "–";
  return /[`|\\]/.test(content) ? `<code>${htmlText(content)}</code>` : `\`${content}\``;
}
function codeBlock(lines, language = "text") {
  const content = plainText(lines.join("\n"));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run2]) => run2.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}
${content}
${ticks}`;
}
function link(label, address) {
  if (address === void 0 || !URL.canParse(address)) return label;
  const { protocol, href } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return label;
  const safe = href.replace(
    /[|()<>\\`]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
  return `[${label}](${safe})`;
}
function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => ":--")), ...rows.map(line)].join("\n");
}
function detailsBlock(title, body) {
  return `<details><summary>${title}</summary>

${body}

</details>`;
}

// src/report/evidence.ts
function splitEvidence(evidence) {
  const sorted = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container)
  );
  const shown = sorted.filter(isFailing);
  const others = sorted.filter((each) => !isFailing(each));
  const which = shown.length > 0 ? "the other containers" : "the containers";
  return { shown, others, title: `Logs of ${which} that were stopped (${others.length})` };
}
function isFailing({ state, exitCode, oomKilled, health }) {
  return oomKilled || health === "unhealthy" || exitCode !== void 0 && exitCode !== 0 || state === "restarting" || state === "dead";
}
function evidenceStateText({ state, exitCode, oomKilled, health }) {
  return [
    state,
    ...exitCode === void 0 ? [] : [`exit code ${exitCode}`],
    ...oomKilled ? ["out of memory"] : [],
    ...health === void 0 ? [] : [`HEALTHCHECK ${health}`]
  ].join(", ");
}
var MAX_LINE_LENGTH = 400;
var MAX_LINES = 100;
function outputBlock(output) {
  if (output.length === 0) return "";
  const lines = output.flatMap((line) => line.split("\n"));
  const last = lines.slice(-MAX_LINES).map((line) => shorten(line, MAX_LINE_LENGTH));
  return codeBlock(
    lines.length > last.length ? [`… ${lines.length - last.length} lines more`, ...last] : last
  );
}
function evidenceBlock(evidence) {
  const { service, host, container, lastLines: lastLines2 } = evidence;
  const output = outputBlock(lastLines2.length === 0 ? ["(no output)"] : lastLines2);
  return `**${markdownText(service)}** on ${codeSpan(host)} (${codeSpan(container)}): **${markdownText(evidenceStateText(evidence))}**. Its last lines:

${output}`;
}

// src/model/text.ts
function joinWithAnd(names) {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

// src/model/percent.ts
function parsePercent(text) {
  const value = text.endsWith("%") ? parseDecimal(text.slice(0, -1)) : void 0;
  return value === void 0 || value > 100 ? void 0 : value;
}
function parseDecimal(text) {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : void 0;
}
function formatPercent(share) {
  return `${Number((share * 100).toFixed(2))}%`;
}

// src/plan/replica-counts.ts
var countReplicas = (services, count) => Object.fromEntries(services.map((service) => [service.name, count(service)]));
function positiveCounts(names, count) {
  const entries = names.map((name) => [name, count(name)]).filter(([, each]) => each > 0);
  return entries.length > 0 ? Object.fromEntries(entries) : void 0;
}
var increasedServices = (before, after) => Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0));
function replicasAfter(counts, names) {
  const after = positiveCounts(names, (name) => counts[name] ?? 0);
  return after === void 0 ? {} : { after };
}
function replicasBetween(from, to, names) {
  return { only: pickKeys(to, names), ...replicasAfter(from, names) };
}
function replicasText({
  services,
  only,
  after
}) {
  if (only !== void 0) return replicaRangeText(only, after);
  return joinWithAnd(services.map((name) => after?.[name] ? `${name} from ${after[name] + 1}` : name));
}
function replicaRangeText(only, after = {}) {
  return joinWithAnd(
    Object.entries(only).flatMap(([service, count]) => {
      const first = (after[service] ?? 0) + 1;
      if (count < first) return [];
      return [count === first ? `${service} ${count}` : `${service} ${first}–${count}`];
    })
  );
}

// src/plan/actions.ts
var LONG_WATCH = 1e4;
var ACTIONS = {
  "pull-images": {
    waits: true,
    invisibleToUsers: true,
    text: ({ release }) => `pull the images of ${release}`
  },
  "ensure-edge": { text: ({ change: change2, reason }) => `${change2} the edge (${reason})` },
  "remove-edge": {
    cleansUp: true,
    text: ({ reason }) => `remove the edge${reason === void 0 ? "" : ` (${reason})`}`
  },
  "ensure-front": { text: () => "start the front for domains" },
  "remove-unused-front": { cleansUp: true, text: () => "remove the front if no domain uses it" },
  "route-domains": {
    text: ({ release }) => release === void 0 ? "stop routing the domains" : `route the domains of ${release}`
  },
  "stop-project": { text: ({ project }) => `stop the project ${project}, to take over its volumes` },
  "start-project": { text: ({ project }) => `start the project ${project} again` },
  "ensure-accessories": {
    usesCompose: ({ services }) => services.length > 0,
    text: ({ services, recreate: recreate2 }) => {
      if (services.length === 0) return "create networks and volumes";
      const noun = services.length === 1 ? "accessory" : "accessories";
      return `${recreate2 === void 0 ? "start" : "recreate"} the ${noun} ${joinWithAnd(services)}`;
    }
  },
  "record-release": { text: ({ release }) => `record ${release}` },
  "start-services": {
    usesCompose: ({ how }) => how === "create",
    text: (action) => `start ${replicasText(action)} of ${action.release} in ${action.slot}${action.how === "start" ? " (existing containers)" : ""}`
  },
  "check-health": { waits: true, text: (action) => `check ${replicasText(action)} of ${action.release}` },
  "switch-traffic": {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release }) => `switch traffic to ${release}`
  },
  "split-traffic": {
    movesTraffic: true,
    text: ({ share, release }) => `send ${formatPercent(share)} of the visitors to ${release}`
  },
  "balance-replicas": {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release, share, newRelease }) => newRelease === void 0 ? `send traffic to the remaining replicas of ${release}` : `send ${formatPercent(share)} of the traffic to ${replicaRangeText(newRelease.only)} of ${newRelease.release}`
  },
  "watch-release": {
    waits: true,
    isLong: ({ duration }) => duration >= LONG_WATCH,
    text: ({ purpose, release, duration }) => purpose === "delay" ? `wait ${formatDuration(duration)} before the next batch of ${release}` : `${purpose === "canary" ? "judge" : "watch"} ${release} for ${formatDuration(duration)}`
  },
  "final-check": {
    waits: true,
    text: ({ release, drain }) => `final check of ${release}${drain === void 0 ? "" : ` while ${drain.release} drains`}`
  },
  "run-hook": {
    isLong: () => true,
    usesCompose: () => true,
    text: ({ argv, service, release }) => `run ${formatCommand(argv)} in ${service} of ${release}`
  },
  "clear-slot": { decidesLive: true, text: ({ slot }) => `clear the ${slot} slot` },
  "drain-traffic": {
    waits: true,
    cleansUp: true,
    text: ({ only, after, release }) => `drain ${only === void 0 ? "" : `${replicaRangeText(only, after)} of `}${release}`
  },
  "stop-services": {
    cleansUp: true,
    text: (action) => `stop ${replicasText(action)} of ${action.release}`
  },
  "accept-release": { decidesLive: true, text: ({ release }) => `accept ${release}` },
  "record-rollback": {
    decidesLive: true,
    cleansUp: true,
    text: ({ release }) => `record that ${release} was rolled back`
  },
  "prune-releases": { invisibleToUsers: true, text: ({ releases }) => `prune ${joinWithAnd(releases)}` }
};
var traitsOf = (action) => ACTIONS[action.kind];
var actionText = (action) => ACTIONS[action.kind].text(action);
var isLongAction = (action) => ACTIONS[action.kind].isLong?.(action) ?? false;
var usesCompose = (action) => ACTIONS[action.kind].usesCompose?.(action) ?? false;

// src/model/release.ts
function endingOf(service) {
  if (service?.oneShot === true) return "always";
  return service?.mayEnd === true ? "maybe" : "never";
}

// src/plan/host-queries.ts
function releaseOnHost(host, id, slot) {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed, record: observed?.record };
}
function effectiveTraffic({
  edge,
  traffic,
  accepted
}) {
  return edge.state === "absent" && traffic?.release !== accepted ? void 0 : traffic;
}
function liveRelease(host) {
  if (host.traffic !== void 0) return releaseOnHost(host, host.traffic.release, host.traffic.slot);
  const accepted = host.accepted === void 0 ? void 0 : releaseOnHost(host, host.accepted);
  return (accepted?.observed?.containers.length ?? 0) > 0 ? accepted : void 0;
}
function serviceNamesOf(release) {
  if (release === void 0) return [];
  if (release.record !== void 0) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}
function servicesInRole(release, ...roles) {
  return Object.values(release?.services ?? {}).filter(({ role }) => roles.includes(role)).map(({ name }) => name);
}
var containersOf = (observed, name) => observed?.containers.filter(({ service }) => service === name) ?? [];
var workIsDone = (observed, name) => observed?.ended?.includes(name) === true;
function serviceIsUp(observed, name, enough) {
  if (workIsDone(observed, name)) return true;
  const service = observed.record?.services[name];
  const containers = containersOf(observed, name);
  const ending = endingOf(service);
  if (ending === "always") return containers.some(hasSucceeded);
  const up = containers.filter(
    (each) => each.state === "running" && each.health !== "unhealthy" || ending === "maybe" && hasSucceeded(each) && each.restartPolicyState === "not-disabled"
  );
  return up.length >= (enough ?? service?.replicas ?? 1);
}
var hasSucceeded = ({ state, exitCode }) => state === "exited" && exitCode === 0;
var servicesDown = (observed, names) => names.filter((name) => !serviceIsUp(observed, name));
function runningServices(observed) {
  return observed?.containers.filter(({ state }) => state === "running").map(({ service }) => service) ?? [];
}
var hasDomains = ({ routes }) => routes.some(({ domains }) => domains.length > 0);
var mayHaveRoutes = (release) => release !== void 0 && (release.record === void 0 || release.record.routes.length > 0);
function requestHandlingServices(observed) {
  const { record } = observed;
  if (record === void 0) return serviceNamesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [.../* @__PURE__ */ new Set([...servicesInRole(record, "served", "internal"), ...routed])];
}
var isFullyServing = (observed) => observed.containers.length > 0 && servicesDown(observed, requestHandlingServices(observed)).length === 0;
function isFullyRunning(observed) {
  const containers = observed.containers.map((each) => ({ ...each, health: void 0 }));
  return isFullyServing({ ...observed, containers });
}
var isFullyUp = (observed) => observed.containers.length > 0 && servicesDown(observed, serviceNamesOf(observed)).length === 0;
var lacksRestartPolicy = (observed) => observed.containers.some(({ restartPolicyState: restartPolicyState2 }) => restartPolicyState2 === "missing");
var hasAllContainers = (observed) => observed?.record !== void 0 && Object.values(observed.record.services).every(
  ({ name, replicas }) => workIsDone(observed, name) || containersOf(observed, name).length >= replicas
);
var canRestart = (observed) => hasAllContainers(observed) && observed?.restartFailed !== true;
var hasContainer = (observed, name) => containersOf(observed, name).length > 0;
function existingReplicas(observed, name) {
  const existing = containersOf(observed, name).length;
  return Math.min(existing, observed?.record?.services[name]?.replicas ?? existing);
}
function existingReplicaRange(observed, names) {
  const only = Object.fromEntries(names.map((name) => [name, existingReplicas(observed, name)]));
  const services = observed?.record?.services ?? {};
  return names.every((name) => only[name] === (services[name]?.replicas ?? only[name])) ? {} : { only };
}
var mayRun = (observed) => observed.containers.some(
  (container) => !isStopped(container) || container.restartPolicyState === "not-disabled"
);
var isStopped = ({ state }) => state === "exited" || state === "created" || state === "dead";
var isStopFirst = ({
  update
}) => update?.order === "stop-first";

// src/plan/plan.ts
var step = (action, ...undo) => ({ action, undo });
var withReason = (reason, kind, steps) => steps.map((each) => each.action.kind === kind ? { ...each, reason } : each);
var STAGES = [
  "recover",
  "pull",
  "prepare",
  "before-release",
  "start",
  "check",
  "switch",
  "verify",
  "bake",
  "complete",
  "final-check",
  "accept",
  "retire",
  "after-release"
];
var WAVE_STAGES = STAGES.slice(
  STAGES.indexOf("prepare"),
  STAGES.indexOf("bake") + 1
);
var COMMITTED_STAGES = /* @__PURE__ */ new Set(["retire", "after-release"]);
function stageSequence({
  hosts,
  waves
}) {
  const all = [...hosts.keys()];
  const hasSteps = (host) => WAVE_STAGES.some((stage) => hosts.get(host)?.[stage] !== void 0);
  const waveStages = waves.filter((wave) => wave.some(hasSteps)).flatMap((wave) => WAVE_STAGES.map((stage) => [stage, wave]));
  return [
    ["recover", all],
    ["pull", all],
    ...waveStages,
    ["complete", all],
    ["final-check", all],
    ["accept", all]
  ];
}

// src/plan/edge.ts
import { isDeepStrictEqual } from "node:util";

// src/model/host.ts
var hasSameLayout = (one, other) => layoutVersion(one) === layoutVersion(other);
var layoutVersion = (fingerprint) => /^(\d+)-/.exec(fingerprint)?.[1];

// src/model/route-matching.ts
var publishedAddress = ({ address, port }) => `${address ?? ""}:${port}`;
function matchingRoute(route, { routes }) {
  for (const matches of ROUTE_MATCHERS) {
    const found = routes.find((each) => matches(each, route));
    if (found !== void 0) return found;
  }
  return void 0;
}
var ROUTE_MATCHERS = [
  (one, other) => intersects(one.published.map(publishedAddress), other.published.map(publishedAddress)),
  (one, other) => intersects(one.domains, other.domains),
  (one, other) => one.service === other.service && one.containerPort === other.containerPort,
  (one, other) => one.id === other.id
];
var intersects = (some, others) => some.some((each) => others.includes(each));
var routesTo = ({ routes }, service) => routes.filter((route) => route.service === service);
var serviceHasRoutes = (release, service) => routesTo(release, service).length > 0;
function routesMatchForService(one, other, service) {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const allMatch = (routes, by) => routes.every((route) => matchingRoute(route, by)?.service === service);
  return ours.length === theirs.length && allMatch(ours, other) && allMatch(theirs, one);
}
function canShareEdge(one, other) {
  const pairs = one.routes.map((route) => [route, matchingRoute(route, other)]);
  return one.routes.length === other.routes.length && pairs.every(([route, match]) => match !== void 0 && match.protocol === route.protocol) && new Set(pairs.map(([, match]) => match?.id)).size === other.routes.length;
}
function describeRouteChange(old, release) {
  const differ = (texts) => sortedText(old.routes, texts) !== sortedText(release.routes, texts);
  if (differ(publishedAddresses)) return "published ports have changed";
  const changed = release.routes.find((route) => {
    const before = matchingRoute(route, old);
    return before !== void 0 && before.protocol !== route.protocol;
  });
  if (changed !== void 0)
    return `port ${changed.containerPort} of ${changed.service} has another protocol, so it gives no answers until the switch`;
  const joinedAddresses = (route) => publishedAddresses(route).join(" ");
  if (differ((route) => joinedAddresses(route) === "" ? [] : [joinedAddresses(route)]))
    return "published ports point elsewhere";
  if (differ((route) => route.domains.length > 0 ? [`domain ${joinedAddresses(route)}`] : []))
    return "domains point elsewhere";
  if (differ(({ upstream }) => upstream === void 0 ? [] : [canonicalJson(upstream)]))
    return "proxies of the Compose file lead elsewhere";
  const hasOnlyDomains2 = (route) => route.published.length === 0;
  if (differ((route) => hasOnlyDomains2(route) ? [`${route.service}:${route.containerPort}`] : []))
    return "services that have only domains have changed";
  return differ(({ id }) => [id]) ? "another version of Sealift named its routes" : void 0;
}
var publishedAddresses = ({ published }) => published.map(publishedAddress).sort();
var sortedText = (routes, texts) => routes.flatMap(texts).sort().join("\n");

// src/plan/port-handover.ts
var edgePortsOf = ({ routes }) => routes.flatMap(({ published }) => published.map(({ port }) => port));
function servicePorts({ compose }) {
  return Object.entries(compose.services).flatMap(
    ([service, { ports }]) => asList(ports).map(asObject).filter((each) => each["protocol"] !== "udp").map((each) => ({ service, port: Number(each["published"]) })).filter(({ port }) => Number.isSafeInteger(port))
  );
}
function portFromEdge({ host, previous, desired }) {
  if (previous?.record === void 0 || host.edge.state !== "running") return void 0;
  const edgePorts = edgePortsOf(previous.record);
  return servicePorts(desired.release).find(({ port }) => edgePorts.includes(port));
}
function portsToNewEdge({ host, previous, desired }) {
  if (previous?.record === void 0 || host.edge.state === "running") return [];
  const edgePorts = edgePortsOf(desired.release);
  const running = runningServices(previous.observed);
  return servicePorts(previous.record).filter(
    ({ service, port }) => running.includes(service) && edgePorts.includes(port)
  );
}

// src/plan/edge.ts
function edgeSteps(context) {
  const { host, desired } = context;
  if (desired.edgeFingerprint === void 0) return restoreEdgeSteps(context);
  const front = hasDomains(desired.release) && !host.frontRunning ? [step({ kind: "ensure-front", release: desired.release.id }, { kind: "remove-unused-front" })] : [];
  return [...restoreEdgeSteps(context), ...front, ...createOrStartEdge(context)];
}
function restoreEdgeSteps({ restoreEdgeFor }) {
  if (restoreEdgeFor === void 0) return [];
  const reason = "an interrupted run has replaced it";
  return [step({ kind: "ensure-edge", change: "replace", release: restoreEdgeFor, reason })];
}
function createOrStartEdge(context) {
  const { host, live } = context;
  if (portsToNewEdge(context).length > 0) return [];
  if (host.edge.state === "absent") {
    const resetTraffic = host.traffic === void 0 ? { resetTraffic: true } : {};
    if (mayHaveRoutes(live))
      return [step({ ...edgeAction(context, "create", "the edge is missing"), ...resetTraffic })];
    const reason = live === void 0 ? "first deploy" : "first published port";
    return [step({ ...edgeAction(context, "create", reason), ...resetTraffic }, { kind: "remove-edge" })];
  }
  const starts = host.edge.state === "stopped" && host.edge.fingerprint === context.desired.edgeFingerprint;
  return starts ? [step(edgeAction(context, "start", "the edge was stopped"))] : [];
}
function newEdgeSteps(context) {
  const [moved] = portsToNewEdge(context);
  if (moved === void 0) return [];
  const reason = `it takes port ${moved.port} from ${moved.service}: nothing answers there until the switch`;
  const resetTraffic = context.host.traffic === void 0 ? { resetTraffic: true } : {};
  const change2 = context.host.edge.state === "absent" ? "create" : "replace";
  return [step({ ...edgeAction(context, change2, reason), ...resetTraffic }, { kind: "remove-edge" })];
}
function releasePortSteps(context) {
  const { desired, previous } = context;
  const moved = portFromEdge(context);
  if (moved === void 0 || previous === void 0) return [];
  const reason = `port ${moved.port} goes to ${moved.service}: nothing answers there until it has started`;
  const back = { kind: "ensure-edge", release: previous.id, reason: RESTORE_EDGE };
  return [
    desired.edgeFingerprint === void 0 ? step({ kind: "remove-edge", reason }, { ...back, change: "create" }) : step(edgeAction(context, "replace", reason), { ...back, change: "replace" })
  ];
}
var RESTORE_EDGE = "to restore the previous edge";
function applyRoutesSteps(context) {
  const isDone = portFromEdge(context) !== void 0 || portsToNewEdge(context).length > 0;
  return [...isDone ? [] : replaceEdgeSteps(context), ...domainSteps(context)];
}
function replaceEdgeSteps(context) {
  const { host, desired, previous } = context;
  if (desired.edgeFingerprint === void 0 || host.edge.state === "absent" || host.edge.fingerprint === desired.edgeFingerprint)
    return [];
  const replace = edgeAction(context, "replace", edgeReplaceReason(context));
  if (previous === void 0 || !mayHaveRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: RESTORE_EDGE })];
}
function edgeReplaceReason(context) {
  const old = (context.previous ?? context.live)?.record;
  if (isEdgeOfAnotherVersion(context)) return CREATED_BY_ANOTHER_VERSION;
  const { release } = context.desired;
  if (old !== void 0 && !isDeepStrictEqual(old.trustedProxies, release.trustedProxies))
    return "trusted-proxies has changed";
  return (old && describeRouteChange(old, release)) ?? "its routes differ";
}
var CREATED_BY_ANOTHER_VERSION = "another version of Sealift created it";
function isEdgeOfAnotherVersion({ host: { edge }, desired }) {
  return edge.state !== "absent" && desired.edgeFingerprint !== void 0 && !hasSameLayout(edge.fingerprint, desired.edgeFingerprint);
}
function edgeKeepsRouting({ host: { edge }, desired }) {
  if (desired.edgeFingerprint === void 0 || edge.state === "absent") return false;
  return edge.state === "running" || edge.fingerprint === desired.edgeFingerprint;
}
function whyTrafficCannotBeSplit(context) {
  const old = context.previous?.record;
  if (!edgeKeepsRouting(context)) return "the edge does not run";
  if (isEdgeOfAnotherVersion(context)) return `the edge is replaced, since ${CREATED_BY_ANOTHER_VERSION}`;
  if (old === void 0) return "the routes of the old release are not known";
  return canShareEdge(old, context.desired.release) ? void 0 : "the routes have changed, so no edge can send requests to both releases";
}
function domainSteps({ host, desired, live, previous }) {
  const { release } = desired;
  const traffic = host.traffic && releaseOnHost(host, host.traffic.release).record;
  const records = [release, live?.record, traffic];
  if (!records.some((record) => record !== void 0 && hasDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.record?.id;
  return [step({ kind: "route-domains", release: release.id }, { kind: "route-domains", release: before })];
}
function edgeAction({ desired }, change2, reason) {
  return { kind: "ensure-edge", change: change2, release: desired.release.id, reason };
}

// src/plan/interrupted-deploy.ts
var releaseAt = (host, id, slot) => ({
  ...releaseOnHost(host, id),
  slot
});
function findInterruptedDeploy(host, mustBeReplaced = false) {
  const { traffic, accepted } = host;
  if (traffic === void 0)
    return accepted === void 0 ? void 0 : findStoppedContainers(host, releaseOnHost(host, accepted));
  const { slot, release, splitWith } = traffic;
  const receiver = releaseAt(host, release, slot);
  if (splitWith === void 0 && accepted === release) return findStoppedContainers(host, receiver);
  if (host.edge.state !== "running") return void 0;
  const other = splitWith === void 0 ? void 0 : releaseAt(host, splitWith, otherSlot(slot));
  if (other !== void 0 && !mustBeReplaced) return resolveSplit(receiver, other);
  if (accepted === void 0) return mustBeReplaced ? void 0 : findStoppedContainers(host, receiver);
  const found = accepted === release ? receiver : releaseOnHost(host, accepted);
  const { observed, slot: ownSlot = otherSlot(slot) } = found;
  return observed !== void 0 && (mustBeReplaced || canServe(observed)) ? {
    lastGood: { ...found, slot: ownSlot, observed },
    competing: accepted === release && other !== void 0 ? other : receiver
  } : findStoppedContainers(host, receiver);
}
function resolveSplit(first, other) {
  const candidates = [
    [first, canServe(first.observed) || lacksOnlyStoppedContainers(first.observed)],
    [other, other.observed !== void 0 && isFullyServing(other.observed)],
    [first, canRestart(first.observed)],
    [other, canRestart(other.observed) || isPartlyServing(other.observed)]
  ];
  const lastGood = candidates.find(([, can]) => can)?.[0];
  if (lastGood?.observed === void 0) return void 0;
  return {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing: lastGood === first ? other : first
  };
}
function findStoppedContainers(host, { observed, slot = "blue", ...found }) {
  if (observed === void 0) return void 0;
  const lacksContainers = observed.restartFailed !== true && observed.containers.some((each) => mayBeStoppedByRun(each) && !serviceIsUp(observed, each.service));
  return lacksContainers || hasUnroutedReplica(host, observed) ? { lastGood: { ...found, slot, observed }, competing: void 0 } : void 0;
}
function hasUnroutedReplica({ edge, routedContainers }, observed) {
  const routed = new Set(observed.record?.routes.map(({ service }) => service));
  return edge.state === "running" && canReceiveRequests(observed) && observed.containers.some(
    ({ name, service, state, health }) => routed.has(service) && state === "running" && (health === void 0 || health === "healthy") && !routedContainers.has(name)
  );
}
var canReceiveRequests = ({ record, containers, restartFailed }) => (record?.routes ?? []).every(
  ({ service }) => containers.some((each) => each.service === service && (each.state === "running" || !restartFailed))
);
var mayBeStoppedByRun = (container) => container.restartPolicyState !== "not-disabled" && isStopped(container);
var lacksOnlyStoppedContainers = (observed) => observed !== void 0 && canRestart(observed) && servicesDown(observed, requestHandlingServices(observed)).every(
  (name) => observed.containers.every(
    (each) => each.service !== name || each.state === "running" || mayBeStoppedByRun(each)
  )
);
var canServe = (observed) => observed !== void 0 && (isFullyServing(observed) || hasAllContainers(observed) && isPartlyServing(observed) || hasRoutedServicesUp(observed) && lacksOnlyStoppedContainers(observed));
function hasRoutedServicesUp(observed) {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}
var isPartlyServing = (observed) => observed !== void 0 && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));

// src/plan/planning-context.ts
function createPlanningContext(host, desired, { historySteps, mustBeReplaced }) {
  const { id } = desired.release;
  const interrupted = findInterruptedDeploy(host, mustBeReplaced);
  const live = interrupted?.lastGood ?? (mustBeReplaced ? void 0 : liveRelease(host));
  const alreadyLive = live?.id === id;
  const { observed } = releaseOnHost(host, id);
  const slot = alreadyLive || live?.slot === void 0 ? observed?.slot ?? live?.slot ?? "blue" : otherSlot(live.slot);
  const edge = alreadyLive ? void 0 : edgeToRestore(host, live);
  return {
    host: edge === void 0 ? host : { ...host, edge },
    desired,
    historySteps,
    mustBeReplaced,
    interrupted,
    restoreEdgeFor: edge && live?.id,
    live,
    previous: alreadyLive ? void 0 : live,
    traffic: trafficAfterRecovery(host, interrupted, mustBeReplaced),
    slot,
    how: hasAllContainers(observed) ? "start" : "create",
    protectedServices: new Set(alreadyLive ? servicesToProtect(observed, interrupted !== void 0) : [])
  };
}
var withoutEnded = ({ host, desired }, names) => {
  const { observed } = releaseOnHost(host, desired.release.id);
  return names.filter((name) => !workIsDone(observed, name));
};
function trafficAfterRecovery({ traffic }, interrupted, mustBeReplaced) {
  if (interrupted !== void 0) return { slot: interrupted.lastGood.slot, release: interrupted.lastGood.id };
  return mustBeReplaced || traffic === void 0 ? void 0 : { slot: traffic.slot, release: traffic.release };
}
function edgeToRestore({ edge, accepted }, live) {
  const fingerprint = live?.observed?.edgeFingerprint;
  return edge.state === "running" && fingerprint !== void 0 && live?.id === accepted && edge.fingerprint !== fingerprint && hasSameLayout(edge.fingerprint, fingerprint) ? { ...edge, fingerprint } : void 0;
}
var servicesToProtect = (live, recovered) => recovered && hasAllContainers(live) ? serviceNamesOf(live) : runningServices(live);

// src/plan/routing.ts
function restoreRouting(from, to) {
  const receivers = releasesReceivingTraffic(to);
  return [
    to,
    ...releasesReceivingTraffic(from).flatMap((each) => {
      const remaining = receivers.find(({ release }) => release === each.release);
      if (remaining === void 0) return [{ kind: "drain-traffic", ...each }];
      return remaining.only === void 0 ? [] : [{ kind: "drain-traffic", ...each, after: remaining.only }];
    })
  ];
}
function releasesReceivingTraffic(routing) {
  if (routing.kind === "clear-slot") return [];
  const main = { release: routing.release, slot: routing.slot };
  if (routing.kind === "split-traffic") return [main, routing.baseline];
  return routing.kind === "balance-replicas" && routing.newRelease ? [main, routing.newRelease] : [main];
}

// src/plan/strategies/common.ts
var startNew = (context, ...roles) => startNewServices(context, servicesInRole(context.desired.release, ...roles));
var checkNew = (context, ...roles) => checkServices(context, servicesInRole(context.desired.release, ...roles));
function startNewServices(context, names, range = {}, added = {}) {
  const { desired, slot, how, protectedServices } = context;
  const services = withoutEnded(context, names);
  if (services.length === 0) return [];
  const release = desired.release.id;
  const fresh = services.filter((service) => !protectedServices.has(service));
  const undo = fresh.length === 0 ? [] : [{ kind: "stop-services", release, services: fresh, ...added }];
  return [step({ kind: "start-services", release, slot, services, how, ...range }, ...undo)];
}
function checkServices(context, names, options = {}) {
  const services = withoutEnded(context, names);
  return services.length === 0 ? [] : [step({ kind: "check-health", release: context.desired.release.id, services, ...options })];
}
function stopOldServices({ previous }, names, range = {}, afterwards = []) {
  const services = names.filter((name) => !workIsDone(previous?.observed, name));
  if (previous === void 0 || services.length === 0) return [];
  const { id: release, slot = "blue", observed } = previous;
  const existing = services.filter((name) => hasContainer(observed, name));
  const checked = { ...existingReplicaRange(observed, existing), ...range };
  const undo = existing.length === 0 ? [] : [
    { kind: "start-services", release, slot, services: existing, how: "start", ...range },
    { kind: "check-health", release, services: existing, ...checked }
  ];
  return [step({ kind: "stop-services", release, services, ...range }, ...undo, ...afterwards)];
}
var servicesWithMovedPorts = (context) => [
  ...new Set(portsToNewEdge(context).map(({ service }) => service))
];
var takePortsFromServices = (context) => [
  ...stopOldServices(context, servicesWithMovedPorts(context)),
  ...newEdgeSteps(context)
];
function replaceExclusiveAndSwitch(context, back) {
  const moved = servicesWithMovedPorts(context);
  const oldExclusive = servicesInRole(context.previous?.record, "exclusive").filter(
    (service) => !moved.includes(service)
  );
  return [
    ...stopOldServices(context, oldExclusive, {}, back),
    ...releasePortSteps(context),
    ...startNew(context, "exclusive"),
    ...checkNew(context, "exclusive"),
    ...applyRoutesAndSwitch(context, oldExclusive.length === 0 ? back : [])
  ];
}
function applyRoutesAndSwitch(context, back) {
  const { desired, slot } = context;
  const open = applyRoutesSteps(context);
  return desired.edgeFingerprint === void 0 ? open : [...open, step({ kind: "switch-traffic", release: desired.release.id, slot }, ...back)];
}
function switchTrafficBack({ desired, traffic, slot }) {
  if (desired.edgeFingerprint === void 0 || traffic?.release === desired.release.id) return [];
  const before = traffic === void 0 ? { kind: "clear-slot", slot } : { kind: "switch-traffic", ...traffic };
  return restoreRouting({ kind: "switch-traffic", release: desired.release.id, slot }, before);
}
function isPreviousFullyRunning({ previous, interrupted }) {
  const observed = previous?.observed;
  return observed !== void 0 && (interrupted !== void 0 && canRestart(observed) || isFullyRunning(observed));
}

// src/plan/accessories.ts
function accessorySteps(context, when) {
  const { accessoryRounds = [], base, lateAccessories } = context.desired.release;
  const between = accessoryRounds.flatMap(({ accessories }) => accessories);
  const proxies = Object.keys(base.services).filter(
    (name) => !between.includes(name) && startsAsProxy(context.desired.release, name)
  );
  if (when === "proxy") return stepsFor(context, proxies, false);
  const late = lateAccessories.filter((name) => !proxies.includes(name));
  if (when === "late") return stepsFor(context, late, false);
  const later = [...proxies, ...late, ...between];
  const early = Object.keys(base.services).filter((name) => !later.includes(name));
  return stepsFor(context, early, needsNetworksOrVolumes(context));
}
function stepsBetween(context) {
  return (context.desired.release.accessoryRounds ?? []).flatMap(({ after, accessories }) => {
    const steps = stepsFor(context, accessories, false);
    return steps.length === 0 ? [] : [...startNewServices(context, after), ...checkServices(context, after), ...steps];
  });
}
function withAccessoriesBetween(context, steps) {
  const first = steps.findIndex(({ action }) => action.kind === "start-services");
  const at = first < 0 ? steps.length : first;
  return [...steps.slice(0, at), ...stepsBetween(context), ...steps.slice(at)];
}
function stepsFor(context, names, needsObjects) {
  const { host, desired } = context;
  const { id: release } = desired.release;
  const outdated = outdatedAccessories(context).filter((name) => names.includes(name));
  const services = missingAccessories(host, desired.release).filter(
    (name) => names.includes(name) && !outdated.includes(name)
  );
  const needed = services.length > 0 || needsObjects;
  const ensure = needed ? [step({ kind: "ensure-accessories", release, services })] : [];
  if (outdated.length === 0) return ensure;
  const recreate2 = step(
    { kind: "ensure-accessories", release, services: outdated, recreate: outdated },
    ...restoreFormerDefinitions(context, outdated)
  );
  const isConnected = proxiesToConnect(host, desired.release).some((name) => outdated.includes(name));
  return [
    ...ensure,
    { ...recreate2, reason: isConnected ? "its way to the release has changed" : "changed definition" }
  ];
}
var startsAsProxy = (release, name) => proxyNetworks(release, name).length > 0 && !release.conditions.some(({ service }) => service === name);
var proxiesOf = (release) => Object.keys(release.base.services).filter((name) => proxyNetworks(release, name).length > 0);
function proxyNetworks({ app, environment, base, routes }, name) {
  const own = Object.keys(asObject(asObject(base.services[name])["networks"]));
  const upstreams = routes.flatMap(({ upstream }) => upstream ?? []);
  const names = upstreams.filter((upstream) => own.includes(upstreamKey(upstream))).map((upstream) => upstreamNetwork({ app, environment }, upstream));
  return [...new Set(names)].sort();
}
function outdatedAccessories({ host, desired }) {
  const changed = desired.updateAccessories ? changedAccessories(host, desired.release) : [];
  return [.../* @__PURE__ */ new Set([...changed, ...proxiesToConnect(host, desired.release)])];
}
function proxiesToConnect(host, release) {
  const prefix = upstreamNetwork(release, { network: "upstream" });
  return Object.keys(release.base.services).filter((name) => {
    const running = host.accessories.filter(({ service, state }) => service === name && state === "running");
    const wanted = proxyNetworks(release, name).join();
    return running.some(
      ({ networks }) => networks !== void 0 && networks.filter((each) => each.startsWith(prefix)).sort().join() !== wanted
    );
  });
}
function changedAccessories(host, release) {
  return Object.entries(release.definitions ?? {}).filter(
    ([name, definition]) => host.accessories.some(
      ({ service, definitionFingerprint: actual }) => service === name && actual !== void 0 && actual !== definition
    )
  ).map(([name]) => name);
}
var isCreatedFrom = ({ service, definitionFingerprint }, release) => definitionFingerprint !== void 0 && release?.definitions?.[service] === definitionFingerprint;
function missingAccessories(host, release) {
  return Object.keys(release.base.services).filter(
    (name) => !host.accessories.some(
      (accessory) => accessory.service === name && (accessory.state === "running" || hasSucceeded(accessory) && mayHaveEnded(host, release, name))
    )
  );
}
function mayHaveEnded(host, release, name) {
  const ending = release.accessoryEndings?.[name] ?? (runsToCompletion(release, name) ? "always" : "never");
  return ending === "always" || ending === "maybe" && endedAtLastAcceptance(host).includes(name);
}
function endedAtLastAcceptance({ history }) {
  return validAcceptances(history).at(-1)?.ended ?? [];
}
function runsToCompletion(release, name) {
  const isCompletion = (condition) => condition === "service_completed_successfully";
  return release.conditions.some(({ service, condition }) => service === name && isCompletion(condition)) || Object.values(release.base.services).some(
    (service) => isCompletion(asObject(asObject(service["depends_on"])[name])["condition"])
  );
}
function restoreFormerDefinitions({ host }, names) {
  const bySource = Map.groupBy(names, (name) => {
    const accessory = host.accessories.find(({ service }) => service === name);
    return accessory && host.releases.find(({ record }) => isCreatedFrom(accessory, record))?.id;
  });
  return [...bySource].flatMap(
    ([release, services]) => release === void 0 ? [] : [{ kind: "ensure-accessories", release, services, recreate: services }]
  );
}
function needsNetworksOrVolumes({ desired, live }) {
  if (live?.record === void 0) return true;
  const existing = networksAndVolumesOf(live.record);
  return networksAndVolumesOf(desired.release).some((name) => !existing.includes(name));
}
function networksAndVolumesOf({ base: { networks = {}, volumes = {} } }) {
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`)
  ];
}

// src/plan/existing-deployment.ts
function planAdoption(hosts, outline, names, adopt) {
  const kept = adoptedVolumesOf(hosts);
  const found = hosts.flatMap((host) => findExistingDeployment(host, outline, names) ?? []);
  if (adopt === true) {
    const projects = new Map(found.map(({ host, project }) => [host, project.name]));
    return { projects, volumes: mergeVolumes(found, kept), notices: [] };
  }
  const none = { projects: /* @__PURE__ */ new Map(), volumes: kept, notices: [] };
  if (adopt === false) return none;
  const obstacles = found.filter(isObstacle);
  if (obstacles.length > 0) throw new ConfigurationError(obstacles.map(existingDeploymentText).join("\n"));
  const beside = found.filter(({ volumes }) => Object.keys(volumes).length > 0);
  return { ...none, notices: beside.map(besideText) };
}
function adoptedVolumesOf(hosts) {
  const records = hosts.flatMap(
    ({ releases, accepted }) => releases.find(({ id }) => id === accepted)?.record ?? []
  );
  return records.find(({ adopted }) => adopted !== void 0)?.adopted ?? {};
}
function findExistingDeployment(host, outline, names) {
  if (host.accepted !== void 0) return void 0;
  return (host.composeProjects ?? []).map((project) => compare(host, project, outline)).find((each) => isSameApp(each, outline, names));
}
function compare({ host, frontRunning, volumeNames = [] }, project, outline) {
  const running = ownContainers(project, outline).filter((each) => each.running);
  const needed = neededPorts(outline, frontRunning);
  const own = defaultVolumes(outline);
  const volumes = Object.fromEntries(
    Object.entries(project.volumes).filter(
      ([key, name]) => own.has(key) && own.get(key) !== name && !volumeNames.includes(own.get(key) ?? "")
    )
  );
  const hidden = Object.values(volumes);
  const named = Object.values(outline.base.volumes ?? {}).map((spec) => asText(asObject(spec)["name"]));
  const used = running.flatMap((each) => each.volumes);
  return {
    ...{ host, project, volumes },
    ports: running.flatMap(({ ports }) => ports.filter((port) => needed.includes(port))),
    isUsingVolumes: used.some((name) => hidden.includes(name)),
    sharesVolume: used.some((name) => named.includes(name))
  };
}
var ownContainers = (project, { services, base }) => project.containers.filter(({ service }) => service in services || service in base.services);
function isSameApp({ project, ports, volumes }, outline, names) {
  const own = ownContainers(project, outline);
  const hasVolumes = Object.keys(volumes).length > 0;
  if (names.map(plainName).includes(plainName(project.name))) return own.length > 0 || hasVolumes;
  return ports.length > 0 && own.length === project.containers.length;
}
var plainName = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
var isObstacle = ({ ports, volumes, isUsingVolumes, sharesVolume }) => ports.length > 0 || sharesVolume || Object.keys(volumes).length > 0 && !isUsingVolumes;
function existingDeploymentText({ host, project, ports, volumes }) {
  const { name, folder } = project;
  const running = project.containers.filter((each) => each.running).map((each) => each.name);
  const kept = Object.values(volumes);
  const has = [
    ...running.length > 0 ? [`it runs ${joinWithAnd(running)}`] : [],
    ...ports.length > 0 ? [`it holds port ${joinWithAnd(ports.map(String))}`] : [],
    ...kept.length > 0 ? [`its data is in ${joinWithAnd(kept)}, which this deploy would not use`] : []
  ];
  return `${host}: an existing "docker compose up -d" deployment of this app is on the server (project ${name}${folder === void 0 ? "" : ` in ${folder}`}): ${has.join(", ")}. Set "adopt: true" to take it over with its volumes, or "adopt: false" to leave it alone and start without its data.`;
}
var besideText = ({ host, project, volumes }) => `${host}: an existing "docker compose up -d" deployment of this app (project ${project.name}) keeps running beside this one, with its data in ${joinWithAnd(Object.values(volumes))}. This environment has volumes of its own; "adopt: true" takes the deployment over.`;
function mergeVolumes(found, kept) {
  const merged = new Map(Object.entries(kept));
  for (const { host, volumes } of found) {
    for (const [key, name] of Object.entries(volumes)) {
      const other = merged.get(key) ?? name;
      if (other !== name) {
        throw new ConfigurationError(
          `adopt: volume ${key} is ${other} on one host and ${name} on ${host}, but a release has one name for it. Deploy to these hosts as different environments.`
        );
      }
      merged.set(key, name);
    }
  }
  return Object.fromEntries(merged);
}
function defaultVolumes(outline) {
  return new Map(
    Object.entries(outline.base.volumes ?? {}).flatMap(([key, spec]) => {
      const name = `${baseProject(outline)}_${key}`;
      return asText(asObject(spec)["name"]) === name ? [[key, name]] : [];
    })
  );
}
function neededPorts(outline, frontRunning) {
  const published = (services) => Object.values(services).flatMap(
    ({ ports }) => asList(ports).map((port) => Number(asObject(port)["published"]))
  );
  return [
    ...outline.routes.flatMap((route) => route.published.map(({ port }) => port)),
    ...hasDomains(outline) && !frontRunning ? [80, 443] : [],
    ...published(outline.compose.services),
    ...published(outline.base.services)
  ];
}
function withoutAdoptedPorts(host, { projects }, outline) {
  const project = adoptedProject(host, projects);
  if (project === void 0) return host;
  const names = new Set(ownContainers(project, outline).map(({ name }) => name));
  const foreignPorts2 = new Map([...host.foreignPorts].filter(([, holder]) => !names.has(holder)));
  return { ...host, foreignPorts: foreignPorts2 };
}
var adoptedProject = ({ host, composeProjects = [] }, projects) => composeProjects.find(({ name }) => name === projects.get(host));

// src/plan/reconcile-fleet.ts
var NO_REPAIR = { historySteps: [], mustBeReplaced: false };
var withoutRepair = (host) => ({ host, ...NO_REPAIR });
function reconcileFleet(hosts) {
  const reconciledHosts = reconcileHistories(hosts);
  const ends = reconciledHosts.map(
    ({ host }) => (findInterruptedDeploy(host)?.lastGood ?? liveRelease(host))?.id
  );
  if (new Set(ends).size < 2) return reconciledHosts;
  return reconciledHosts.map((reconciled, index) => ({
    ...reconciled,
    mustBeReplaced: ends[index] !== reconciled.host.accepted && canBeReplaced(reconciled.host)
  }));
}
function canBeReplaced(host) {
  const { accepted, traffic, edge } = host;
  return traffic !== void 0 && edge.state === "running" && (accepted === void 0 || canRestart(releaseOnHost(host, accepted).observed));
}
function reconcileHistories(hosts) {
  const partialAcceptances = hosts.flatMap((host) => {
    const last2 = validAcceptances(host.history).at(-1);
    if (last2 === void 0) return [];
    const times = timesAccepted(host, last2.release);
    const behind2 = hosts.filter((other) => other !== host && hasMissedAcceptance(other, last2, times));
    return behind2.length === 0 ? [] : [{ last: last2, behind: behind2 }];
  });
  const [partial] = partialAcceptances;
  if (partial === void 0 || partialAcceptances.some(({ last: last2 }) => last2.release !== partial.last.release))
    return hosts.map(withoutRepair);
  const { last } = partial;
  const behind = new Set(partialAcceptances.flatMap((each) => each.behind));
  if ([...behind].every((host) => isReadyToAccept(host, last.release)))
    return hosts.map((host) => behind.has(host) ? acceptLate(host, last) : withoutRepair(host));
  return hosts.map(
    (host) => host.accepted === last.release ? revertAcceptance(host, last.release) : withoutRepair(host)
  );
}
function hasMissedAcceptance(host, { release, fleet }, times) {
  return fleet?.includes(host.host) === true && host.accepted !== release && timesAccepted(host, release) < times && host.releases.some(({ id }) => id === release);
}
function timesAccepted({ history }, id) {
  const ids = validAcceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}
function isReadyToAccept(host, id) {
  const found = releaseOnHost(host, id);
  if (found.observed === void 0) return false;
  const { traffic } = host;
  return mayHaveRoutes(found) ? traffic?.release === id && traffic.splitWith === void 0 : isFullyUp(found.observed);
}
function acceptLate(host, { release, command = "deploy" }) {
  const accept = step({ kind: "accept-release", release, previous: host.accepted, command });
  const historySteps = [{ ...accept, reason: "it was verified on all hosts" }];
  return { ...NO_REPAIR, host: { ...host, accepted: release }, historySteps };
}
function revertAcceptance(host, release) {
  const accepted = validAcceptances(host.history);
  const before = accepted.findLastIndex((entry) => entry.release !== release);
  const previous = accepted[before]?.release;
  if (previous !== void 0 && !canRestart(releaseOnHost(host, previous).observed))
    return withoutRepair(host);
  const revert = step({ kind: "record-rollback", release, previous });
  const reason = "not every host has accepted it";
  const historySteps = accepted.slice(before + 1).map(() => ({ ...revert, reason }));
  return { ...NO_REPAIR, host: { ...host, accepted: previous }, historySteps };
}

// src/plan/prune.ts
var KEPT_FAILED_RELEASES = 1;
var pruneStep = (releases) => releases.length === 0 ? [] : [step({ kind: "prune-releases", releases })];
function pruneOldReleases({ host, desired, previous }) {
  const acceptedNewestFirst = validAcceptances(host.history).map(({ release }) => release).reverse();
  const newestFirst = [desired.release.id, ...previous ? [previous.id] : [], ...acceptedNewestFirst];
  const kept = new Set([...new Set(newestFirst)].slice(0, Math.max(desired.keep, 1)));
  return pruneStep(host.releases.map(({ id }) => id).filter((id) => !kept.has(id)));
}
function pruneFailedReleases(context) {
  return pruneStep(failedReleases(context).slice(0, -KEPT_FAILED_RELEASES));
}
function failedReleases({ host, desired, live, interrupted }) {
  const needed = /* @__PURE__ */ new Set([
    ...validAcceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.splitWith, live?.id, interrupted?.competing?.id],
    desired.release.id,
    // Only this record has the definition from which an existing accessory was created.
    ...host.releases.filter(({ record }) => host.accessories.some((accessory) => isCreatedFrom(accessory, record))).map(({ id }) => id)
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}

// src/plan/tolerance.ts
function toleranceOf(services, most) {
  const tolerate = positiveCounts(services, most);
  return tolerate === void 0 ? {} : { tolerate };
}
function allowedFailures({ replicas, update }, up) {
  if (update === void 0) return 0;
  const share = update.failureAction === "continue" ? 1 : update.maxFailureRatio;
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}
function toleranceForRelease({ release, strategy }, services, up = {}) {
  if (strategy.name !== "rolling") return {};
  return toleranceOf(services, (name) => {
    const service = release.services[name];
    return service === void 0 ? 0 : allowedFailures(service, up[name] ?? service.replicas);
  });
}

// src/plan/recover.ts
function recoverSteps(context) {
  const { historySteps, mustBeReplaced } = context;
  return [
    ...historySteps,
    ...mustBeReplaced ? replaceWithAccepted(context) : repair(context),
    ...pruneFailedReleases(context)
  ];
}
function repair(context) {
  const { interrupted, desired } = context;
  const desiredId = desired.release.id;
  if (interrupted === void 0) return stopStrayReleases(context, desiredId);
  const { lastGood, competing } = interrupted;
  const isRecreated = lastGood.id === desiredId && !hasAllContainers(lastGood.observed);
  const workers = isRecreated ? [] : restartDown(lastGood, workersOf(lastGood));
  return competing === void 0 ? [...stopStrayReleases(context), ...isRecreated ? [] : restartStopped(context, lastGood), ...workers] : [...returnTraffic(context, lastGood, competing), ...stopStrayReleases(context, desiredId), ...workers];
}
function replaceWithAccepted({ host, interrupted, traffic }) {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const reason = "not every host serves it";
  const stops = others.map((release) => ({ ...stopStep(release.id, serviceNamesOf(release)), reason }));
  if (interrupted === void 0) return [...removeFromTraffic(host), ...stops];
  const { lastGood } = interrupted;
  return [
    ...stops,
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    ...traffic === void 0 ? [] : [step({ kind: "switch-traffic", ...traffic })],
    ...restartDown(lastGood, workersOf(lastGood))
  ];
}
function removeFromTraffic(host) {
  if (host.traffic === void 0) return [];
  const { slot, release, splitWith } = host.traffic;
  const slots = splitWith === void 0 ? [slot] : [otherSlot(slot), slot];
  const { record } = releaseOnHost(host, release);
  const open = record !== void 0 && hasDomains(record);
  return [
    ...open ? [step({ kind: "route-domains", release: void 0 })] : [],
    ...slots.map((each) => step({ kind: "clear-slot", slot: each })),
    step({ kind: "drain-traffic", release, slot })
  ];
}
function stopStrayReleases({ host, live }, except) {
  return host.releases.filter((release) => release.id !== live?.id && release.id !== except && mayRun(release)).map((stray) => stopStep(stray.id, serviceNamesOf(stray)));
}
function restartStopped({ host, traffic }, lastGood) {
  const { id, slot, observed } = lastGood;
  const needed = servicesNeeded(lastGood);
  if (servicesDown(observed, needed).length === 0 && !hasUnroutedReplica(host, observed)) return [];
  const canRoute = host.edge.state === "running" && traffic !== void 0 && canReceiveRequests(observed);
  return [
    ...restartDown(lastGood, needed),
    ...canRoute ? [step({ kind: "switch-traffic", release: id, slot })] : []
  ];
}
function returnTraffic({ host, desired }, lastGood, competing) {
  const { id, slot, observed, record } = lastGood;
  const down = servicesDown(observed, servicesInRole(record, "exclusive"));
  const exclusive = servicesInRole(competing.record, "exclusive");
  const stopFirst = host.traffic?.splitWith !== void 0 && !isFullyServing(observed) && mustStopBeforeStart(lastGood);
  const drain = step({ kind: "drain-traffic", release: competing.id, slot: competing.slot });
  return [
    ...down.length > 0 && exclusive.length > 0 ? [stopStep(competing.id, exclusive)] : [],
    ...stopFirst ? [
      step({
        kind: "balance-replicas",
        release: id,
        slot,
        removedReplicas: {},
        share: 0,
        newRelease: void 0
      }),
      drain,
      stopStep(competing.id, serviceNamesOf(competing.observed))
    ] : [],
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    step({ kind: "switch-traffic", release: id, slot }),
    ...stopFirst ? [] : [drain],
    ...competing.id === desired.release.id && !stopFirst ? stopLateServices(competing) : []
  ];
}
var servicesNeeded = ({ observed, record }) => [
  .../* @__PURE__ */ new Set([...requestHandlingServices(observed), ...servicesInRole(record, "exclusive")])
];
var workersOf = ({ record }) => servicesInRole(record, "worker");
function restartDown(lastGood, names) {
  const { id: release, slot, observed } = lastGood;
  if (observed.restartFailed) return [];
  const services = servicesDown(observed, names).filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: "start-services", release, slot, services, how: "start" }),
    step({ kind: "check-health", release, services, ...toleranceForRecovery(lastGood, services) })
  ];
}
function stopLateServices({ id, observed, record }) {
  const late = servicesInRole(record, "exclusive", "worker").filter(
    (name) => observed?.containers.some(({ service, state }) => service === name && state !== "exited")
  );
  return late.length === 0 ? [] : [stopStep(id, late)];
}
var stopStep = (release, services) => step({ kind: "stop-services", release, services });
var mustStopBeforeStart = ({ observed, record }) => Object.values(record?.services ?? {}).some(
  (service) => (service.role === "served" || service.role === "internal") && isStopFirst(service)
) && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
function toleranceForRecovery({ observed, record }, services) {
  return toleranceOf(services, (name) => {
    const replicas = record?.services[name]?.replicas ?? 1;
    const running = observed.containers.filter(
      ({ service, state }) => service === name && state === "running"
    ).length;
    return Math.min(replicas - running, replicas - 1);
  });
}

// src/plan/release-checks.ts
var MIN_PROXY_OVERLAP = 5e3;
function proxyOverlap(release, hosts, bake) {
  const replaces = hosts.map(liveRelease).some((live) => live !== void 0 && live.id !== release.id);
  const usesOtherProxy = release.routes.length === 0 && servicesInRole(release, "internal").length > 0;
  return replaces && usesOtherProxy ? Math.max(bake, MIN_PROXY_OVERLAP) : bake;
}
function watchSteps(context, purpose, names, duration, { baseline, up } = {}) {
  const { desired, slot } = context;
  const services = watchedServices(context, names);
  if (duration === 0 || services.length === 0) return [];
  const only = up && { only: pickKeys(up, services) };
  return [
    step({
      kind: "watch-release",
      purpose,
      release: desired.release.id,
      slot,
      services,
      ...only,
      ...toleranceForRelease(desired, services, up),
      duration,
      baseline,
      limits: baseline && desired.limits
    })
  ];
}
var watchedServices = (context, names) => withoutEnded(context, names).filter((name) => context.desired.release.services[name]?.oneShot !== true);
function bakeSteps(context) {
  const { host, desired, previous } = context;
  const { release, strategy } = desired;
  if (previous === void 0 && host.accepted === release.id) return [];
  const lastCanaryStep = strategy.name === "canary" ? strategy.steps.at(-1)?.duration ?? 0 : 0;
  const duration = Math.max(desired.bake, lastCanaryStep);
  const services = servicesInRole(release, "served", "internal", "exclusive");
  return watchSteps(context, "bake", services, duration, { baseline: replacedTraffic(context) });
}
function finalCheckStep(context) {
  const { release } = context.desired;
  const services = watchedServices(context, Object.keys(release.services));
  return step({
    kind: "final-check",
    release: release.id,
    services,
    ...toleranceForRelease(context.desired, services),
    drain: replacedTraffic(context)
  });
}
function replacedTraffic({ desired, previous, traffic }) {
  return desired.edgeFingerprint !== void 0 && traffic?.release === previous?.id ? traffic : void 0;
}

// src/plan/retire.ts
function retireSteps(context) {
  const { host, desired, previous, traffic } = context;
  const steps = [];
  const removesEdge = desired.edgeFingerprint === void 0 && host.edge.state !== "absent";
  if (removesEdge && traffic !== void 0) steps.push(step({ kind: "clear-slot", slot: traffic.slot }));
  if (previous !== void 0 && previous.id === traffic?.release)
    steps.push(step({ kind: "drain-traffic", release: previous.id, slot: traffic.slot }));
  const services = serviceNamesOf(previous?.observed);
  if (previous !== void 0 && services.length > 0)
    steps.push(step({ kind: "stop-services", release: previous.id, services }));
  if (removesEdge) steps.push(step({ kind: "remove-edge" }));
  if (previous?.record !== void 0 && hasDomains(previous.record) && !hasDomains(desired.release))
    steps.push(step({ kind: "remove-unused-front" }));
  return [...steps, ...pruneOldReleases(context)];
}

// src/plan/strategies/blue-green.ts
var blueGreen = (context) => ({
  start: [...takePortsFromServices(context), ...startNew(context, "served", "internal")],
  check: checkNew(context, "served", "internal"),
  switch: replaceExclusiveAndSwitch(context, switchTrafficBack(context))
});

// src/plan/strategies/canary.ts
var canary = (context) => {
  const stages = blueGreen(context);
  const { strategy } = context.desired;
  if (strategy.name !== "canary") return stages;
  const baseline = canaryBaseline(context);
  if (typeof baseline === "string") {
    const reason = `all visitors at once: ${baseline}`;
    return { ...stages, switch: withReason(reason, "switch-traffic", stages.switch) };
  }
  const splits = strategy.steps.slice(0, -1);
  return {
    ...stages,
    switch: [
      ...splits.flatMap((each, index) => splitAndWatch(context, each, baseline, index === 0)),
      ...replaceExclusiveAndSwitch(context, switchTrafficBack(context))
    ]
  };
};
function canaryBaseline(context) {
  const { previous, traffic } = context;
  if (previous === void 0 || traffic?.release !== previous.id)
    return "there is no old release to compare the new one with";
  if (!isPreviousFullyRunning(context)) return "not all services of the old release run";
  return whyTrafficCannotBeSplit(context) ?? traffic;
}
function splitAndWatch(context, { share, duration }, baseline, first) {
  const { desired, slot } = context;
  const services = servicesInRole(desired.release, "served", "internal");
  const back = first ? switchTrafficBack(context) : [];
  return [
    step({ kind: "split-traffic", release: desired.release.id, slot, share, baseline }, ...back),
    ...watchSteps(context, "canary", services, duration, { baseline })
  ];
}

// src/plan/strategies/recreate.ts
var recreate = (context) => {
  const workers = servicesInRole(context.previous?.record, "worker");
  const old = serviceNamesOf(context.previous?.observed).filter((service) => !workers.includes(service));
  const back = switchTrafficBack(context);
  return {
    start: [
      ...stopOldServices(context, old, {}, back),
      ...releasePortSteps(context),
      ...newEdgeSteps(context),
      ...startNew(context, "served", "internal", "exclusive")
    ],
    check: checkNew(context, "served", "internal", "exclusive"),
    switch: applyRoutesAndSwitch(context, old.length === 0 ? back : [])
  };
};

// src/plan/strategies/rolling-batches.ts
import { isDeepStrictEqual as isDeepStrictEqual2 } from "node:util";

// src/plan/strategies/rolling-schedule.ts
function rollingSchedule(services) {
  const none = countReplicas(services, () => 0);
  const states = [{ up: none, stopped: none, share: 0 }];
  for (let last = states[0]; last !== void 0 && last.share < 1; last = states.at(-1))
    states.push(...nextStates(services, last));
  return states;
}
function nextStates(services, last) {
  const share = Math.min(1, ...services.map((service) => reachableShare(service, last)));
  const up = countReplicas(services, (service) => newReplicasAt(service, share));
  const stopped = countReplicas(services, (service) => stoppedReplicasAt(service, share, last));
  const end = { up, stopped, share };
  const ends = ({ name, oldReplicas }) => oldReplicas > 0 && stopped[name] === oldReplicas;
  const stoppedFirst = countReplicas(
    services,
    (service) => (isStopFirst(service) && !ends(service) ? stopped : last.stopped)[service.name] ?? 0
  );
  const stopsFirst = increasedServices(last.stopped, stoppedFirst).length > 0;
  const before = stopsFirst ? [{ ...last, stopped: stoppedFirst }] : [];
  if (!services.some(ends)) return [...before, end];
  const others = countReplicas(services, (service) => (ends(service) ? last.up : up)[service.name] ?? 0);
  return [...before, { up: others, stopped: stoppedFirst, share }, { up: others, stopped, share }, end];
}
var roundUp = (value) => Math.max(0, Math.ceil(value - 1e-9));
var batchSize = ({ update: { parallelism } }) => parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;
var maxReplicas = (service) => Math.max(service.oldReplicas, service.newReplicas, isStopFirst(service) ? 2 : 0);
function reachableShare(service, { up, stopped }) {
  const { name, oldReplicas, newReplicas } = service;
  if (newReplicas === 0) return 1;
  const running = up[name] ?? 0;
  const most = maxReplicas(service);
  const room = isStopFirst(service) ? newReplicas - (running === 0 && oldReplicas > 0 && most === newReplicas ? 1 : 0) : most + batchSize(service) - (oldReplicas - (stopped[name] ?? 0));
  return Math.min(running + batchSize(service), room) / newReplicas;
}
function newReplicasAt(service, share) {
  const needed = roundUp(share * service.newReplicas);
  return isStopFirst(service) && service.oldReplicas > 0 && share < 1 ? Math.min(needed, maxReplicas(service) - 1) : needed;
}
function stoppedReplicasAt(service, share, { stopped }) {
  const { name, oldReplicas } = service;
  const before = stopped[name] ?? 0;
  if (share === 1 && !isStopFirst(service)) return before;
  const needed = isStopFirst(service) ? share < 1 ? 1 : 0 : roundUp((1 - share) * oldReplicas);
  const stay = Math.max(needed, maxReplicas(service) - newReplicasAt(service, share));
  return Math.max(before, oldReplicas - stay);
}

// src/plan/strategies/rolling-batches.ts
function batchesOf(update) {
  const states = fullSchedule(update);
  return states.slice(1).map((after, index) => {
    const before = states[index] ?? after;
    const [from, to] = [routingAt(update, before), routingAt(update, after)];
    const canReturnAll = update.services.every(
      ({ name, oldReplicas }) => !update.routed.includes(name) || before.stopped[name] !== oldReplicas
    );
    const restoreTraffic = restoreRouting(
      to,
      canReturnAll ? { kind: "switch-traffic", ...update.oldRelease } : from
    );
    const moves = update.routed.length > 0 && !isDeepStrictEqual2(from, to);
    return {
      ...startAndCheck(update, before, after),
      monitor: watch(update, before, after, "monitor"),
      moveTraffic: moves ? [step(to, ...restoreTraffic)] : [],
      restoreTraffic,
      stop: drainAndStop(update, before.stopped, after.stopped),
      delay: watch(update, before, after, "delay")
    };
  });
}
function fullSchedule({ context, services, startedInFull }) {
  const full = Object.fromEntries(
    startedInFull.map((name) => [name, context.desired.release.services[name]?.replicas ?? 1])
  );
  return rollingSchedule(services).map(
    (state) => state.share > 0 ? { ...state, up: { ...state.up, ...full } } : state
  );
}
function routingAt({ context, oldRelease, services, routed }, { up, stopped, share }) {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: "switch-traffic", ...oldRelease };
  const all = Object.fromEntries(services.map(({ name, oldReplicas }) => [name, oldReplicas]));
  const newRelease = { release: context.desired.release.id, slot: context.slot };
  return {
    kind: "balance-replicas",
    ...oldRelease,
    removedReplicas: pickKeys(share === 1 ? all : stopped, routed),
    share,
    newRelease: share === 0 ? void 0 : { ...newRelease, only: pickKeys(up, routed) }
  };
}
function startAndCheck({ context, services: rolling2 }, before, { up }) {
  const all = context.desired.release.services;
  const increased = increasedServices(before.up, up);
  const services = Object.keys(all).filter((name) => increased.includes(name));
  const inFull = services.every((name) => up[name] === all[name]?.replicas);
  const only = inFull ? {} : { only: pickKeys(up, services) };
  const isFirst = services.every((name) => !before.up[name]);
  const added = inFull && isFirst ? {} : replicasBetween(before.up, up, services);
  const tolerant = services.filter((name) => rolling2.some((service) => service.name === name));
  const tolerance = toleranceForRelease(context.desired, tolerant, up);
  return {
    start: startNewServices(context, services, only, added),
    check: checkServices(context, services, { ...only, ...tolerance })
  };
}
function watch({ context, services }, before, { up }, purpose) {
  const increased = increasedServices(before.up, up);
  const times = services.filter(({ name }) => increased.includes(name)).map(({ update }) => update[purpose]);
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return watchSteps(context, purpose, names, Math.max(0, ...times), { up });
}
function drainAndStop({ context, oldRelease, routed }, from, to) {
  const services = increasedServices(from, to);
  const drained = services.filter((name) => routed.includes(name));
  return [
    ...drained.length > 0 ? [step({ kind: "drain-traffic", ...oldRelease, ...replicasBetween(from, to, drained) })] : [],
    ...stopOldServices(context, services, replicasBetween(from, to, services))
  ];
}
function stopRemaining({ services, context }, names) {
  const stopped = rollingSchedule(services).at(-1)?.stopped ?? {};
  const replaced = services.filter(({ name, oldReplicas }) => stopped[name] === oldReplicas).map(({ name }) => name);
  const left = names.filter(
    (name) => !replaced.includes(name) && hasContainer(context.previous?.observed, name)
  );
  return stopOldServices(context, left, replicasAfter(stopped, left));
}

// src/plan/strategies/rolling.ts
var rolling = (context) => {
  const update = rollingUpdateOf(context, "served", "internal");
  const movesPorts = portsToNewEdge(context).length > 0;
  if (update === void 0 || update.services.length === 0 || movesPorts) return blueGreen(context);
  if (!isPreviousFullyRunning(context)) {
    const stages = blueGreen(context);
    const reason = "all replicas at once: not all services of the old release run";
    return { ...stages, start: withReason(reason, "start-services", stages.start) };
  }
  const batches = batchesOf(update);
  const [first] = batches;
  const early = first !== void 0 && first.start.length > 0;
  const back = update.routed.length === 0 ? switchTrafficBack(context) : batches.at(-1)?.restoreTraffic;
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: batches.flatMap((batch, index) => [
      ...early && index === 0 ? [] : [...batch.start, ...batch.check],
      ...batch.monitor,
      ...index === batches.length - 1 ? replaceExclusiveAndSwitch(context, back ?? []) : [...batch.moveTraffic, ...batch.stop, ...batch.delay]
    ])
  };
};
function rollingUpdateOf(context, ...roles) {
  const { desired, previous } = context;
  const { record, slot } = previous ?? {};
  if (previous === void 0 || record === void 0 || slot === void 0) return void 0;
  const canBalance = edgeKeepsRouting(context) && context.traffic?.release === previous.id;
  const candidates = servicesInRole(desired.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], desired.release.services[name]];
    const oldReplicas = existingReplicas(previous.observed, name);
    const canRoll = before !== void 0 && after !== void 0 && roles.includes(before.role) && oldReplicas > 0 && !before.oneShot && !after.oneShot && routesMatchForService(record, desired.release, name) && (canBalance || !serviceHasRoutes(desired.release, name));
    return canRoll ? [{ name, oldReplicas, newReplicas: after.replicas, update: after.update ?? DEFAULT_UPDATE_CONFIG }] : [];
  });
  const names = services.map(({ name }) => name);
  return {
    context,
    oldRelease: { release: previous.id, slot },
    services,
    startedInFull: candidates.filter((name) => !names.includes(name)),
    routed: names.filter((name) => serviceHasRoutes(desired.release, name))
  };
}
var DEFAULT_UPDATE_CONFIG = {
  parallelism: 1,
  order: "start-first",
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: "rollback"
};

// src/plan/workers.ts
function workerSteps(context) {
  const update = context.desired.strategy.name === "rolling" ? rollingUpdateOf(context, "worker") : void 0;
  const old = servicesInRole(context.previous?.record, "worker");
  if (update === void 0 || update.services.length === 0)
    return [...startNew(context, "worker"), ...checkNew(context, "worker"), ...stopOldServices(context, old)];
  const batches = batchesOf(update);
  return [
    ...batches.flatMap(({ start, check, monitor, stop, delay: delay5 }, index) => [
      ...start,
      ...check,
      ...monitor,
      ...stop,
      ...index === batches.length - 1 ? [] : delay5
    ]),
    ...stopRemaining(update, old)
  ];
}

// src/plan/host.ts
var STRATEGIES = {
  "blue-green": blueGreen,
  rolling,
  canary,
  recreate
};
function planHost(host, desired, repair2 = NO_REPAIR) {
  const context = createPlanningContext(host, desired, repair2);
  if (isHostUpToDate(context)) return {};
  const stages = STRATEGIES[desired.strategy.name](context);
  return withoutEmptyStages({
    recover: recoverSteps(context),
    pull: pullSteps(context),
    prepare: [
      ...adoptionSteps(context),
      ...edgeSteps(context),
      ...accessorySteps(context, "early"),
      recordStep(context)
    ],
    "before-release": hookSteps(context, "before"),
    ...stages,
    start: withAccessoriesBetween(context, stages.start),
    switch: [...stages.switch, ...accessorySteps(context, "proxy")],
    bake: bakeSteps(context),
    complete: [...accessorySteps(context, "late"), ...workerSteps(context)],
    "final-check": [finalCheckStep(context)],
    accept: [acceptStep(context)],
    retire: retireSteps(context),
    "after-release": hookSteps(context, "after")
  });
}
function isHostUpToDate(context) {
  const { host, live, interrupted, historySteps, mustBeReplaced } = context;
  const { release, edgeFingerprint: edgeFingerprint2 } = context.desired;
  return interrupted === void 0 && historySteps.length === 0 && !mustBeReplaced && host.traffic?.splitWith === void 0 && live?.id === release.id && host.accepted === release.id && live.observed !== void 0 && isFullyUp(live.observed) && !lacksRestartPolicy(live.observed) && needsNothingBeside(context) && (edgeFingerprint2 !== void 0 || host.edge.state === "absent") && !host.releases.some((other) => other.id !== release.id && mayRun(other));
}
function needsNothingBeside(context) {
  const { host, desired } = context;
  const { edge } = host;
  return (desired.edgeFingerprint === void 0 || edge.state === "running" && edge.fingerprint === desired.edgeFingerprint) && (host.frontRunning || !hasDomains(desired.release)) && missingAccessories(host, desired.release).length === 0 && outdatedAccessories(context).length === 0;
}
function pullSteps(context) {
  const { desired, how, restoreEdgeFor } = context;
  const needless = how === "start" && restoreEdgeFor === void 0 && needsNothingBeside(context);
  return needless ? [] : [step({ kind: "pull-images", release: desired.release.id })];
}
function adoptionSteps({ host, desired }) {
  const project = adoptedProject(host, desired.adopts ?? /* @__PURE__ */ new Map());
  if (project === void 0 || !ownContainers(project, desired.release).some(({ running }) => running))
    return [];
  const { name } = project;
  const stop = step(
    { kind: "stop-project", project: name, release: desired.release.id },
    { kind: "start-project", project: name }
  );
  return [{ ...stop, reason: "nothing answers until the release is live" }];
}
function recordStep({ host, desired }) {
  const release = desired.release.id;
  return step(
    { kind: "record-release", release },
    { kind: "record-rollback", release, previous: host.accepted, command: desired.command }
  );
}
function hookSteps({ desired, slot }, when) {
  return desired.hooks[when].map(
    (hook) => step({ kind: "run-hook", when, release: desired.release.id, slot, ...hook })
  );
}
function acceptStep({ host, desired, previous }) {
  const { command } = desired;
  const release = desired.release.id;
  const before = previous?.id ?? lastAcceptanceOf(host.history, release)?.previous;
  return step(
    { kind: "accept-release", release, previous: before, command },
    { kind: "record-rollback", release, previous: host.accepted, command }
  );
}
function withoutEmptyStages(plan) {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}

// src/plan/fleet.ts
function planFleet(hosts, desired, waves = { kind: "all" }) {
  const names = hosts.map(({ host }) => host);
  return {
    release: desired.release.id,
    hosts: planHosts(hosts, desired),
    waves: wavesOf(names, waves)
  };
}
function planHosts(hosts, desired) {
  const reconciledHosts = reconcileFleet(hosts);
  const known = reconciledHosts.some(({ host }) => host.accepted === desired.release.id);
  let hooks = known ? NO_HOOKS : desired.hooks;
  return new Map(
    reconciledHosts.map((reconciled) => {
      const plan = planHost(reconciled.host, { ...desired, hooks }, reconciled);
      if (Object.keys(plan).length > 0) hooks = NO_HOOKS;
      return [reconciled.host.host, plan];
    })
  );
}
var NO_HOOKS = { before: [], after: [] };
function wavesOf(hosts, waves) {
  if (waves.kind === "all") return [hosts];
  const size = waves.kind === "hosts" ? waves.atMost : Math.max(1, Math.floor(hosts.length * waves.percent / 100));
  const [pilot, ...rest] = hosts;
  if (pilot === void 0) return [];
  const chunks = Array.from(
    { length: Math.ceil(rest.length / size) },
    (_, at) => rest.slice(at * size, (at + 1) * size)
  );
  return [[pilot], ...chunks];
}
function isEmptyPlan(plan) {
  return stagesOf(plan).length === 0;
}
function stagesOf(plan) {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}
function planUsesCompose(plan) {
  const steps = [...plan.hosts.values()].flatMap((host) => Object.values(host).flat());
  return steps.some(({ action, undo }) => [action, ...undo].some(usesCompose));
}

// src/report/downtime.ts
function downtimeOf(steps, host, release) {
  const live = liveRelease(host);
  if (live === void 0 || live.id === release.id) return void 0;
  const relevant = steps.filter(({ stage, undo }) => undo || DOWNTIME_STAGES.has(stage));
  const first = relevant.find(({ action }) => stopsAllReplicas(action, live.id));
  if (first?.action.kind !== "stop-services") return void 0;
  const { services } = first.action;
  const routed = [release, live.observed?.record].flatMap(
    (each) => each?.routes.map(({ service }) => service) ?? []
  );
  const isRouted = services.some((service) => routed.includes(service));
  let serving = live.id;
  let since;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stopsAllReplicas(action, serving) && overlap(action.services, services)) since ??= at;
    const successor = ok ? newlyServing(action, isRouted, services) : void 0;
    if (successor === void 0) continue;
    serving = successor;
    if (since !== void 0) total += at + took - since;
    since = void 0;
  }
  const complete = isRouted && routed.every((service) => services.includes(service));
  return total === 0 ? void 0 : { services, complete, durationMs: Math.round(total) };
}
function downtimeText({ services, complete, durationMs }) {
  const what = complete ? "nothing answered" : `${joinWithAnd(services)} did not answer`;
  return `${what} for ${formatDuration(durationMs)}`;
}
var DOWNTIME_STAGES = /* @__PURE__ */ new Set(["start", "check", "switch"]);
function newlyServing(action, isRouted, services) {
  if (isRouted) return action.kind === "switch-traffic" ? action.release : void 0;
  return action.kind === "check-health" && overlap(action.services, services) ? action.release : void 0;
}
var overlap = (some, others) => some.some((service) => others.includes(service));
var stopsAllReplicas = (action, release) => action.kind === "stop-services" && action.only === void 0 && action.release === release;

// src/report/text-format.ts
var NOTHING_CHANGED_TEXT = "Nothing was changed.";
var NOT_BUILT_TEXT = "not built yet";
function stageTitle(stage) {
  return `${stage.charAt(0).toUpperCase()}${stage.slice(1).replaceAll("-", " ")}`;
}
var removedHostsText = (hosts) => `Removed from "hosts" since the last deploy: ${joinWithAnd(hosts)}. Nothing was changed there: the release there keeps running.`;
var sentence = (text) => /[.!?…]\)?$/.test(text) ? text : `${text}.`;
var formatMinute = (time) => time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, "$1 $2");

// src/report/log-lines.ts
function planLines(plan, release) {
  const services = Object.values(release.services).map(
    ({ name, role, exclusiveReason, image }) => `  ${name}: ${role}${exclusiveReason === void 0 ? "" : ` (${exclusiveReason})`}, ${imageText(image)}`
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmptyPlan(plan)) return head;
  const waves = plan.waves.map((hosts, index) => `  ${index + 1}. ${joinWithAnd(hosts)}`);
  const steps = stagesOf(plan).flatMap((stage) => [`${stageTitle(stage)}:`, ...stepTexts(plan, stage)]);
  return [...head, ...waves.length > 1 ? ["Waves:", ...waves] : [], ...steps];
}
function stepTexts(plan, stage) {
  const hostsByTexts = /* @__PURE__ */ new Map();
  for (const [host, stages] of plan.hosts) {
    const texts = (stages[stage] ?? []).map(({ action, reason }) => `${actionText(action)}${reason === void 0 ? "" : ` (${reason})`}`).join("\n");
    if (texts !== "") hostsByTexts.set(texts, [...hostsByTexts.get(texts) ?? [], host]);
  }
  return [...hostsByTexts].flatMap(
    ([texts, hosts]) => texts.split("\n").map((text) => `  ${hostsText(hosts, plan)}  ${text}`)
  );
}
var hostsText = (hosts, plan) => hosts.length > 1 && hosts.length === plan.hosts.size ? `all ${hosts.length} hosts` : joinWithAnd(hosts);
function stepLine(result, error2, hosts = []) {
  const { host, ok, aborted, undo, action, took } = result;
  const note = error2 === void 0 ? result.note : messageWithoutHost(host, error2);
  const mark2 = ok ? undo ? "↶" : "✓" : aborted ? "–" : "✗";
  return `${mark2} ${padHost(host, hosts)}  ${actionText(action)}  ${formatDuration(took)}${note === void 0 ? "" : `  ${oneLine(note)}`}`;
}
var stepStartLine = (host, action, hosts = []) => isLongAction(action) ? `… ${stepText(host, action, hosts)}` : void 0;
var waitLine = (what, { elapsed, limit, seen }) => {
  const time = `${formatDuration(elapsed)}${limit === void 0 ? "" : ` of ${formatDuration(limit)}`}`;
  return `… ${what}  ${time}${seen === void 0 ? "" : `  ${oneLine(seen)}`}`;
};
var stepText = (host, action, hosts = []) => `${padHost(host, hosts)}  ${actionText(action)}`;
function stageLine(stage, on, { waves, hosts }, elapsed = 0) {
  const wave = waves.findIndex((each) => on.some((host) => each.includes(host)));
  const inWaves = stage !== "roll-back" && WAVE_STAGES.includes(stage) && waves.length > 1;
  const which = inWaves ? ` (wave ${wave + 1} of ${waves.length}: ${joinWithAnd(waves[wave] ?? [])})` : on.length < hosts.size ? ` (${joinWithAnd(on)})` : "";
  return `${stageTitle(stage)}${which}:${elapsed < 1e3 ? "" : `  after ${formatDuration(elapsed)}`}`;
}
var imageText = (image) => isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image;
var padHost = (host, hosts) => host.padEnd(Math.max(0, ...hosts.map(({ length }) => length)));
function downtimeLines(hosts) {
  return hosts.flatMap(
    ({ host, downtime }) => downtime === void 0 ? [] : [`${host}  ${downtimeText(downtime)}`]
  );
}
function hostLines(hosts) {
  if (hosts.length < 2) return [];
  const names = hosts.map(({ host }) => host);
  return hosts.map(({ host, was = "nothing", is = "nothing", why, unknown }) => {
    const now = unknown ? "UNKNOWN" : is;
    return `${padHost(host, names)}  before: ${was}, now: ${now}  ${oneLine(why)}`;
  });
}
function evidenceLines(evidence) {
  const { host, container, lastLines: lastLines2 } = evidence;
  return [
    `${host}  ${container} (${evidenceStateText(evidence)}), last lines:`,
    ...quoteOutput(lastLines2.length === 0 ? ["(no output)"] : lastLines2)
  ];
}

// src/report/report-draft.ts
var INITIAL_STATE = {
  deliver: "Nothing was deployed.",
  deploy: "Nothing was deployed.",
  build: "Nothing was pushed.",
  rollback: NOTHING_CHANGED_TEXT,
  status: NOTHING_CHANGED_TEXT,
  remove: "Nothing was removed.",
  gate: "Nothing was deployed."
};
var EMPTY_REPORTS = {
  deliver: (head) => emptyDeployment("deliver", head),
  deploy: (head) => emptyDeployment("deploy", head),
  rollback: (head) => emptyDeployment("rollback", head),
  build: (head) => ({
    ...head,
    ...{ command: "build", result: "failed" },
    ...{ revision: void 0, images: {}, tags: [], build: void 0 }
  }),
  status: (head) => ({
    ...head,
    ...{ command: "status", result: "failed" },
    ...{ release: void 0, previous: void 0, live: void 0, revision: void 0 },
    ...{ images: {}, hosts: [], history: [] }
  }),
  remove: (head) => ({
    ...head,
    ...{ command: "remove", result: "failed" },
    ...{ approval: void 0, hosts: [], steps: [] }
  }),
  gate: (head) => ({ ...head, ...{ command: "gate", result: "failed", approval: void 0 } })
};
function emptyDeployment(command, head) {
  return {
    ...head,
    command,
    result: "failed",
    approval: void 0,
    release: void 0,
    previous: void 0,
    previousRevision: void 0,
    live: void 0,
    revision: void 0,
    images: {},
    tags: [],
    build: void 0,
    strategy: void 0,
    hosts: [],
    removed: [],
    steps: [],
    environmentUrl: void 0,
    answer: void 0,
    evidence: [],
    warnings: [],
    rollbackWorkflow: void 0
  };
}
function emptyReport(command, { actor, runUrl }) {
  return EMPTY_REPORTS[command]({
    error: void 0,
    details: [],
    state: INITIAL_STATE[command],
    app: void 0,
    environment: void 0,
    orchestrator: "docker",
    actor,
    runUrl,
    startedAt: (/* @__PURE__ */ new Date()).toISOString(),
    durationMs: 0
  });
}
var ReportDraft = class {
  #report;
  /** @param empty reports a failure that changed nothing */
  constructor(empty) {
    this.#report = empty;
  }
  /** The report as it is now. */
  get current() {
    return this.#report;
  }
  /** Replaces some of its fields. */
  set(fields) {
    this.#report = { ...this.#report, ...fields };
  }
  /** Whatever the command is. */
  setHead(fields) {
    this.#report = { ...this.#report, ...fields };
  }
};
var addWarnings = (report, warnings) => report.set({ warnings: [...report.current.warnings, ...warnings] });

// src/cluster-report.ts
var builtImages = ({
  services
}) => Object.fromEntries(
  Object.values(services).filter(({ reference }) => reference === void 0).map(({ name, image }) => [name, image])
);
function reportClusterPlan({ host, orchestrator, release, previous, context }, plan, found, dryRun) {
  const { report, log } = context;
  const live = acceptedRelease(found.records);
  report.set({
    orchestrator,
    previous: live?.id === release.id ? previous : live?.id,
    previousRevision: live?.id === release.id ? void 0 : live?.origin.revision,
    strategy: orchestrator,
    images: builtImages(release)
  });
  {
    var _stack = [];
    try {
      const _group = __using(_stack, openGroup("Plan"));
      log.info(`Release ${release.id} of ${release.app} for ${release.environment}`);
      for (const { name, image } of Object.values(release.services))
        log.info(`  ${name}: ${isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image}`);
      for (const change2 of plan.changes) log.info(`  ${changeText(change2)}`);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  if (plan.changes.length === 0) log.info(`Release ${release.id} is live and whole: nothing to do.`);
  if (dryRun) {
    const steps = plan.changes.map(
      (change2) => ({
        ...{ host, stage: change2.kind === "remove" ? "retire" : "start", text: changeText(change2) },
        ...{ startMs: void 0, durationMs: void 0, ok: void 0, undo: false, note: void 0 }
      })
    );
    const hosts = [clusterHostReport(host, found)];
    report.set({ result: "planned", state: NOTHING_CHANGED_TEXT, steps, hosts, live: live?.id });
  } else if (plan.changes.length === 0) {
    const hosts = [{ host, was: release.id, is: release.id, why: "already live" }];
    report.set({ result: "unchanged", state: NOTHING_CHANGED_TEXT, hosts, live: release.id });
  }
}
function clusterProgress({ log }) {
  return {
    onStepStart: (text) => log.info(`… ${text}`),
    onStepEnd: ({ ok, undo, text, took, note }) => log.info(
      `${ok ? undo ? "↶" : "✓" : "✗"} ${text}  ${formatDuration(took)}${note === void 0 ? "" : `  ${oneLine(note)}`}`
    ),
    onWait: (line) => log.info(`… ${oneLine(line)}`)
  };
}
function reportClusterOutcome({ host, release, previous, context }, outcome) {
  const { report, log } = context;
  const steps = outcome.steps.map((step2) => stepReport(host, step2));
  report.set({ steps });
  if (outcome.kind === "accepted") {
    const hosts = [{ host, was: previous, is: release.id, why: "healthy" }];
    report.set({ result: "deployed", state: `${release.id} is live.`, hosts, live: release.id });
    addWarnings(report, outcome.warnings);
    for (const warning2 of outcome.warnings) log.warning(warning2);
    return;
  }
  const why = messageOf(outcome.failure);
  report.set({ evidence: outcome.evidence });
  const { shown, others, title } = splitEvidence(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
  if (outcome.kind === "untouched") {
    const hosts = [{ host, was: previous, is: previous, why }];
    report.set({ result: "failed", hosts, live: previous });
  } else if (outcome.kind === "restored") {
    const hosts = [{ host, was: previous, is: previous, why }];
    const state = previous === void 0 ? `Nothing is live, as before: the services of ${release.id} were removed. Networks and volumes that were created remain.` : `${previous} is live again, wholly.`;
    report.set({ result: "rolled-back", state, hosts, live: previous });
  } else {
    const hosts = [
      { host, was: previous, is: void 0, why, unknown: true, rollbackIncomplete: true }
    ];
    const undone = sentence(messageOf(outcome.undoFailure));
    const state = `ROLLBACK INCOMPLETE on ${host}. ${undone} Look at "docker stack ps" there now.`;
    report.set({ result: "rolled-back", state, hosts, live: void 0 });
  }
  throw outcome.failure instanceof SealiftError ? outcome.failure : new SealiftError(why, { cause: outcome.failure });
}
var stepReport = (host, { stage, text, at, took, ok, undo, note }) => ({
  ...{ host, stage, text, ok, undo, note },
  ...{ startMs: Math.round(at), durationMs: Math.round(took) }
});
function clusterHostReport(host, { records, workloads }) {
  const live = acceptedRelease(records);
  const since = live === void 0 ? void 0 : lastAcceptanceOf(records.history, live.id)?.at;
  const own = workloads.filter(({ release }) => release === live?.id);
  const problems = workloads.flatMap(
    ({ name, wanted, ready, problem, release }) => problem === void 0 && release === live?.id ? [] : [`${name} ${ready} of ${wanted}: ${problem ?? `it belongs to ${release ?? "no release"}`}`]
  );
  const missing = Object.keys(live?.services ?? {}).filter(
    (name) => !workloads.some((workload) => workload.name === name)
  );
  const all = [...problems, ...missing.map((name) => `${name} is gone`)];
  const condition = all.length === 0 ? `${own.length} of ${own.length} services whole` : `NOT whole: ${all.join("; ")}`;
  const kept = records.releases.filter(({ id }) => lastAcceptanceOf(records.history, id) !== void 0).map((release) => {
    const accepted = lastAcceptanceOf(records.history, release.id);
    const isLive = release.id === live?.id;
    return {
      ...{ release: release.id, revision: release.origin.revision, acceptedAt: accepted?.at },
      ...{ actor: accepted?.actor, runUrl: accepted?.runUrl, approval: accepted?.approval },
      ...{ live: isLive, up: isLive && all.length === 0, condition: isLive ? condition : "recorded" }
    };
  }).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  const why = live === void 0 ? `nothing is deployed here${workloads.length === 0 ? "" : `, but there are services: ${all.join("; ")}`}` : `${live.id} is live${since === void 0 ? "" : ` since ${formatMinute(since)} UTC`}, ${condition}`;
  return { host, was: live?.id, is: live?.id, why, healthy: live !== void 0 && all.length === 0, kept };
}

// src/report/aligned-table.ts
function alignedTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell2, column) => cell2.padEnd(widths[column] ?? 0));
    return `  ${cells.join("  ").trimEnd()}`;
  });
}

// src/report/approval-text.ts
function approvalText(approval) {
  switch (approval.kind) {
    case "approved": {
      const approvers = approval.approvers.map(
        ({ login, comment }) => `@${login}${comment === void 0 ? "" : ` ("${oneLine(comment)}")`}`
      );
      return `Approved by ${joinWithAnd(approvers)}${rulesText(approval.rules)}`;
    }
    case "awaited":
      return `A job in this environment waits for an approval${rulesText(approval.rules)}`;
    case "unprotected":
      return `Nobody was asked: the environment has no required reviewers${rulesText(approval.rules)}`;
    case "off":
      return "Nobody was asked: approval is off";
    case "not-on-github":
      return "Nobody was asked: this is not a job of GitHub Actions";
  }
}
function approvalWord(approval) {
  if (approval === void 0) return "–";
  const words = {
    awaited: "awaited",
    unprotected: "no reviewers",
    off: "approval off",
    "not-on-github": "not asked"
  };
  return approval.kind === "approved" ? joinWithAnd(approval.approvers.map(({ login }) => `@${login}`)) : words[approval.kind];
}
var rulesText = (rules) => rules.length === 0 ? "" : `. Rules: ${rules.join("; ")}`;

// src/report/history-table.ts
var MAX_RUNS = 10;
function historyOf(hosts) {
  const entries = hosts.flatMap(
    ({ host, history, releases }) => withoutTakenBack(history).map((entry) => ({
      host,
      entry,
      record: releases.find(({ id }) => id === entry.release)?.record
    }))
  );
  const runs = Map.groupBy(
    entries,
    ({ entry: { event, release, runUrl, at } }) => [event, release, runUrl ?? at].join(" ")
  );
  return [...runs.values()].flatMap((same) => {
    const [first] = same.toSorted((one, other) => one.entry.at.localeCompare(other.entry.at));
    if (first === void 0) return [];
    const { at, event, command, release, previous, actor, runUrl, approval, revision, durationMs } = first.entry;
    return [
      {
        ...{ at, command, release, previous, actor, runUrl, approval, durationMs },
        result: event === "accepted" ? "deployed" : event,
        revision: revision ?? first.record?.origin.revision,
        hosts: [...new Set(same.map(({ host }) => host))]
      }
    ];
  }).toSorted((one, other) => other.at.localeCompare(one.at)).slice(0, MAX_RUNS);
}
var withoutTakenBack = (history) => history.filter(({ event, release, runUrl }, index) => {
  const next = history[index + 1];
  const isTakenBack = event === "accepted" && next?.event === "rolled-back" && next.release === release && next.previous !== release && next.runUrl === runUrl;
  return !isTakenBack;
});
function historyResultText({ result, command }) {
  if (result === "rolled-back") return "failed, rolled back";
  return command === "rollback" ? "rolled back by hand" : "deployed";
}
function historyResultIcon({ result, command }) {
  if (result === "rolled-back") return "❌";
  return command === "rollback" ? "↩️" : "✅";
}
var HISTORY_COLUMNS = [
  "When (UTC)",
  "Result",
  "Release",
  "Commit",
  "By",
  "Approval",
  "Duration",
  "Hosts"
];
function historyMarkdown(history, fleet) {
  if (history.length === 0) return "";
  const rows = history.map((run2) => [
    link(markdownText(formatMinute(run2.at)), run2.runUrl),
    `${historyResultIcon(run2)} ${historyResultText(run2)}`,
    codeSpan(run2.release),
    run2.revision === void 0 ? "–" : codeSpan(run2.revision.slice(0, 7)),
    markdownText(run2.actor ?? "–"),
    markdownText(approvalWord(run2.approval)),
    run2.durationMs === void 0 ? "–" : formatDuration(run2.durationMs),
    run2.hosts.length === fleet ? "all" : run2.hosts.map(codeSpan).join(", ")
  ]);
  return `**History**

${markdownTable(HISTORY_COLUMNS, rows)}`;
}
function historyLines(history, fleet) {
  if (history.length === 0) return [];
  const rows = history.map(
    (run2) => [
      formatMinute(run2.at),
      historyResultText(run2),
      run2.release,
      run2.revision?.slice(0, 7) ?? "–",
      run2.actor ?? "–",
      approvalWord(run2.approval),
      run2.durationMs === void 0 ? "–" : formatDuration(run2.durationMs),
      run2.hosts.length === fleet ? "all" : joinWithAnd(run2.hosts)
    ].map(oneLine)
  );
  return ["History:", ...alignedTable([HISTORY_COLUMNS, ...rows])];
}

// src/report/status-table.ts
var COLUMNS = ["Release", "Commit", "Since (UTC)", "By", "Approval", "Condition"];
function statusMarkdown(hosts) {
  const rows = hosts.map(({ host, kept = [], why }) => {
    const live = kept.find((release) => release.live);
    const cells = live === void 0 ? ["–", "", "", "", "", markdownText(why)] : markdownCells(live);
    return [codeSpan(host), ...cells];
  });
  const others = hosts.flatMap(({ host, kept = [] }) => {
    const stopped = kept.filter((release) => !release.live).map(markdownCells);
    if (stopped.length === 0) return [];
    return [
      detailsBlock(
        `Kept on <code>${htmlText(host)}</code> (${stopped.length})`,
        markdownTable(COLUMNS, stopped)
      )
    ];
  });
  return [markdownTable(["Host", ...COLUMNS], rows), ...others];
}
function statusLines(hosts) {
  return hosts.flatMap(({ host, why, kept = [] }) => {
    const rows = [["", ...COLUMNS], ...kept.map(logCells)];
    return [`${host}: ${why}`, ...kept.length === 0 ? [] : alignedTable(rows)];
  });
}
function markdownCells(kept) {
  const { release, revision, acceptedAt, runUrl, actor, approval, condition, live, up } = kept;
  return [
    codeSpan(release),
    revision === void 0 ? "–" : codeSpan(revision.slice(0, 7)),
    acceptedAt === void 0 ? "never accepted" : link(markdownText(formatMinute(acceptedAt)), runUrl),
    actor === void 0 ? "–" : markdownText(actor),
    markdownText(approvalWord(approval)),
    `${live && !up ? "⚠️ " : ""}${markdownText(condition)}`
  ];
}
function logCells({
  release,
  revision,
  acceptedAt,
  actor,
  approval,
  condition,
  live
}) {
  return [
    live ? "●" : "○",
    release,
    revision?.slice(0, 7) ?? "–",
    acceptedAt === void 0 ? "never accepted" : formatMinute(acceptedAt),
    actor ?? "–",
    approvalWord(approval),
    condition
  ].map(oneLine);
}

// src/swarm/manager-connection.ts
import { setTimeout as pause } from "node:timers/promises";

// src/engine/fields.ts
var Fields = class _Fields {
  #value;
  constructor(value) {
    this.#value = asObject(value);
  }
  has(key) {
    return this.#value[key] !== void 0 && this.#value[key] !== null;
  }
  text(key) {
    const value = this.#value[key];
    return typeof value === "string" ? value : "";
  }
  number(key) {
    const value = this.#value[key];
    return typeof value === "number" ? value : 0;
  }
  flag(key) {
    return this.#value[key] === true;
  }
  object(key) {
    return new _Fields(this.#value[key]);
  }
  objects(key) {
    return listOf(this.#value[key]);
  }
  texts(key) {
    return asStrings(this.#value[key]);
  }
  /** A map of strings; other values are left out. */
  map(key) {
    const entries = Object.entries(asObject(this.#value[key]));
    return Object.fromEntries(
      entries.filter((entry) => typeof entry[1] === "string")
    );
  }
  /** Some fields unchanged; missing ones are left out. */
  pick(...keys) {
    return Object.fromEntries(keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]));
  }
  entries(key) {
    return Object.entries(asObject(this.#value[key])).map(([name, value]) => [name, new _Fields(value)]);
  }
};
function listOf(value) {
  return asList(value).map((item) => new Fields(item));
}

// src/engine/responses.ts
function parseEngineVersion(value) {
  const version = new Fields(value);
  return {
    version: version.text("Version"),
    apiVersion: version.text("ApiVersion"),
    os: version.text("Os"),
    architecture: version.text("Arch")
  };
}
function parseContainerSummary(container) {
  const ports = container.objects("Ports").filter((port) => port.number("PublicPort") > 0);
  const networks = container.object("NetworkSettings").entries("Networks");
  const mounts = container.objects("Mounts").filter((mount) => mount.text("Type") === "volume");
  return {
    id: container.text("Id"),
    name: containerName(container.texts("Names")),
    imageId: container.text("ImageID"),
    labels: container.map("Labels"),
    state: container.text("State"),
    ports: ports.map((port) => ({ port: port.number("PublicPort"), protocol: port.text("Type") })),
    networks: networks.map(([name]) => name),
    volumes: mounts.map((mount) => mount.text("Name"))
  };
}
var ENDPOINT_SETTINGS = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];
function parseContainerDetails(value) {
  const container = new Fields(value);
  const state = container.object("State");
  const networks = container.object("NetworkSettings").entries("Networks");
  const restart = container.object("HostConfig").object("RestartPolicy");
  return {
    id: container.text("Id"),
    name: containerName([container.text("Name")]),
    imageId: container.text("Image"),
    labels: container.object("Config").map("Labels"),
    state: parseContainerState(state.text("Status")),
    health: state.has("Health") ? parseContainerHealth(state.object("Health")) : void 0,
    healthcheck: parseHealthcheck(container.object("Config")),
    exitCode: state.number("ExitCode"),
    oomKilled: state.flag("OOMKilled"),
    error: state.text("Error"),
    startedAt: state.text("StartedAt"),
    restartCount: container.number("RestartCount"),
    restartPolicy: restart.text("Name") || "no",
    restartRetries: restart.number("MaximumRetryCount"),
    networks: Object.fromEntries(
      networks.map(([name, network]) => [
        name,
        {
          ipv4: network.text("IPAddress"),
          ipv6: network.text("GlobalIPv6Address"),
          endpoint: network.pick(...ENDPOINT_SETTINGS)
        }
      ])
    )
  };
}
function parseImageDetails(image) {
  return {
    id: image.text("Id"),
    // With the containerd image store, references by digest are among them (seen with Docker 28.5).
    repoTags: image.texts("RepoTags").filter((reference) => !reference.includes("@")),
    repoDigests: image.texts("RepoDigests"),
    layers: image.object("RootFS").texts("Layers"),
    size: image.number("Size"),
    platform: ["Os", "Architecture", "Variant"].map((name) => image.text(name)).filter(Boolean).join("/")
  };
}
function parseNetworkSummary(network) {
  const pools = network.object("IPAM").objects("Config");
  return {
    ...parseNamedObject(network),
    id: network.text("Id"),
    subnets: pools.map((pool) => pool.text("Subnet")).filter((subnet) => subnet !== "")
  };
}
function parseNamedObject(object) {
  return { name: object.text("Name"), labels: object.map("Labels") };
}
var DEFAULT_INTERVAL = 3e4;
var DEFAULT_CHECK_TIMEOUT = 3e4;
var DEFAULT_START_INTERVAL = 5e3;
var DEFAULT_SHELL = ["/bin/sh", "-c"];
function parseHealthcheck(config) {
  const healthcheck = config.object("Healthcheck");
  const [kind, ...words] = healthcheck.texts("Test");
  if (kind !== "CMD" && kind !== "CMD-SHELL") return void 0;
  const shell = config.texts("Shell");
  const milliseconds = (key) => healthcheck.number(key) / 1e6;
  return {
    argv: kind === "CMD" ? words : [...shell.length > 0 ? shell : DEFAULT_SHELL, ...words],
    interval: milliseconds("Interval") || DEFAULT_INTERVAL,
    timeout: milliseconds("Timeout") || DEFAULT_CHECK_TIMEOUT,
    startPeriod: milliseconds("StartPeriod"),
    startInterval: milliseconds("StartInterval") || DEFAULT_START_INTERVAL
  };
}
function parseContainerHealth(health) {
  const status2 = health.text("Status");
  return {
    ...status2 === "starting" && health.objects("Log").length === 0 ? { unchecked: true } : {},
    status: status2 === "starting" || status2 === "healthy" || status2 === "unhealthy" ? status2 : "none",
    lastOutput: health.objects("Log").at(-1)?.text("Output") ?? ""
  };
}
var CONTAINER_STATES = ["running", "paused", "restarting", "removing", "exited", "dead"];
function parseContainerState(status2) {
  return CONTAINER_STATES.find((state) => state === status2) ?? "created";
}
function containerName(names) {
  const name = names.find((each) => each.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return name.replace(/^\//, "");
}

// src/engine/api-version.ts
var MIN_API_VERSION = "1.44";
var VERSION_TIMEOUT = 2e4;
async function negotiateApiVersion(client) {
  const signal = AbortSignal.timeout(VERSION_TIMEOUT);
  let answer;
  try {
    answer = await client.callJson("reach its Docker engine", "GET", "/version", { signal });
  } catch (error2) {
    if (!signal.aborted || client.disconnected.aborted) throw error2;
    throw new HostError(
      client.host,
      `could not reach its Docker engine: no answer within ${VERSION_TIMEOUT / 1e3} s. Is the server up? Can this runner reach it?`
    );
  }
  const version = parseEngineVersion(answer);
  if (version.version === "")
    throw new HostError(
      client.host,
      'what answers there is not a Docker engine. Check its address in "hosts".'
    );
  if (isOlderVersion(version.apiVersion, MIN_API_VERSION)) {
    throw new HostError(
      client.host,
      `Docker ${version.version} is too old (its API is ${version.apiVersion}). Install Docker Engine 25 or later: https://docs.docker.com/engine/install/`
    );
  }
  const oldest = new Fields(answer).text("MinAPIVersion");
  client.useApiVersion(isOlderVersion(MIN_API_VERSION, oldest) ? oldest : MIN_API_VERSION);
  return version;
}
function isOlderVersion(a, b) {
  if (a === "" || b === "") return false;
  const [major = 0, minor = 0] = a.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split(".").map(Number);
  return major < otherMajor || major === otherMajor && minor < otherMinor;
}

// src/engine/connection-state.ts
var ConnectionState = class {
  host;
  transport;
  #disconnected = new AbortController();
  #pending = /* @__PURE__ */ new Set();
  constructor(host, transport) {
    this.host = host;
    this.transport = transport;
  }
  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected() {
    return this.#disconnected.signal;
  }
  /** @throws HostError when the connection has ended */
  throwIfDisconnected() {
    if (this.disconnected.reason instanceof HostError) throw this.disconnected.reason;
  }
  /** Ends all calls in progress, and every later one, with this error. Only the first error counts. */
  disconnect(error2) {
    if (this.disconnected.aborted) return;
    this.#disconnected.abort(error2);
    for (const end of [...this.#pending]) end(error2);
    this.transport.agent.destroy();
  }
  /**
   * Registers something in progress. `end` is called when the connection ends or `signal` aborts.
   * @returns a function that removes the registration
   */
  track(end, signal) {
    const onAbort = () => end(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
    this.#pending.add(end);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (this.disconnected.reason instanceof HostError) end(this.disconnected.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener("abort", onAbort);
    };
  }
  /** Ends the connection if a broken call shows that the host itself is unreachable. */
  checkReachable(cause) {
    if (this.transport.isHostUnreachable?.(cause)) this.disconnect(unreachableError(this.host, cause));
  }
  /** The error for a broken call: the reason why the connection ended, if that is what broke the call. */
  async explainFailure(operation, error2) {
    if (error2 instanceof HostError) return error2;
    const { graceAfterDisconnect, explainError } = this.transport;
    if (graceAfterDisconnect !== void 0 && !this.disconnected.aborted) {
      await this.#disconnectedWithin(graceAfterDisconnect);
    }
    const cause = error2 instanceof Error ? error2 : new Error(messageOf(error2));
    this.checkReachable(cause);
    if (this.disconnected.reason instanceof HostError) return this.disconnected.reason;
    return new HostError(this.host, `could not ${operation}: ${explainError(cause)}`, { cause });
  }
  #disconnectedWithin(milliseconds) {
    return new Promise((resolve4) => {
      const done = () => {
        clearTimeout(timer);
        this.disconnected.removeEventListener("abort", done);
        resolve4();
      };
      const timer = setTimeout(done, milliseconds);
      this.disconnected.addEventListener("abort", done);
    });
  }
};
function unreachableError(host, cause) {
  return new HostError(
    host,
    "the connection was lost: the server does not answer any more. The network or the server is down.",
    { cause }
  );
}

// src/engine/errors.ts
var NotFound = class extends HostError {
};
var Conflict = class extends HostError {
};
function engineError(host, operation, engineMessage, status2) {
  if (/no space left on device|disk quota exceeded/i.test(engineMessage)) {
    return new HostError(
      host,
      `its disk is full: could not ${operation}. Free some space: "docker system df" shows what uses it, "docker image prune" removes unused images.`,
      { evidence: [engineMessage] }
    );
  }
  const message = `could not ${operation}: ${engineMessage || `the engine answered with status ${status2}`}`;
  if (status2 === 404) return new NotFound(host, message);
  if (status2 === 409) return new Conflict(host, message);
  return new HostError(host, message);
}

// src/engine/http-request.ts
import * as http2 from "node:http";
import * as https3 from "node:https";
function sendRequest({ agent, address }, method, path, { query, body, upgrade }) {
  const content = encodeBody(body);
  const headers = {
    ...content === void 0 ? {} : {
      "content-length": content.length,
      "content-type": Buffer.isBuffer(body) ? "application/x-tar" : "application/json"
    },
    ...upgrade ? { connection: "Upgrade", upgrade: "tcp" } : {}
  };
  const open = agent instanceof https3.Agent ? https3.request : http2.request;
  const request6 = open({ ...address, agent, method, path: `${path}${queryString(query)}`, headers });
  request6.end(content);
  return request6;
}
function encodeBody(body) {
  return body === void 0 || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
function queryString(query = {}) {
  const parameters = Object.entries(query).filter(
    (entry) => entry[1] !== void 0
  );
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters)}`;
}

// src/engine/client.ts
var EngineClient = class {
  #connection;
  #versionPrefix = "";
  /** What the engine's clock is ahead of ours, in milliseconds. */
  #clockOffset = 0;
  constructor(host, transport) {
    this.#connection = new ConnectionState(host, transport);
  }
  get host() {
    return this.#connection.host;
  }
  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected() {
    return this.#connection.disconnected;
  }
  /** The engine's time, in milliseconds since the epoch. Its responses tell it in seconds. */
  now() {
    return Date.now() + this.#clockOffset;
  }
  /** Uses this version of the API from now on, whatever the engine's newest is. */
  useApiVersion(apiVersion) {
    this.#versionPrefix = `/v${apiVersion}`;
  }
  /** Ends all calls in progress, and every later one, with this error. */
  disconnect(error2) {
    this.#connection.disconnect(error2);
  }
  /** @throws HostError; NotFound and Conflict for 404 and 409 */
  async call(operation, method, path, options = {}) {
    const { response } = await this.#send(operation, method, path, options);
    const status2 = response.statusCode ?? 0;
    const date = Date.parse(response.headers.date ?? "");
    if (!Number.isNaN(date)) this.#clockOffset = date - Date.now();
    if (status2 >= 400 && !options.allow?.includes(status2))
      throw await this.#refusal(operation, response, options);
    const body = await this.#readBody(operation, response, options.signal);
    return { status: status2, headers: response.headers, body };
  }
  /** Like `call`, for a response in JSON. */
  async callJson(operation, method, path, options) {
    return this.#parseJson(operation, (await this.call(operation, method, path, options)).body);
  }
  /** The JSON of an object that may not exist: `undefined` when the engine answers 404. */
  async findJson(operation, path) {
    const { status: status2, body } = await this.call(operation, "GET", path, { allow: [404] });
    return status2 === 404 ? void 0 : this.#parseJson(operation, body);
  }
  /** A response without an end. Read errors are for `explainFailure`. */
  async stream(operation, path, options) {
    const { response } = await this.#send(operation, "GET", path, options);
    if ((response.statusCode ?? 0) >= 400) throw await this.#refusal(operation, response, options);
    const untrack = this.#connection.track((error2) => response.destroy(error2), options.signal);
    response.once("close", untrack);
    return response;
  }
  /** Turns a request into a connection in both directions (`Upgrade: tcp`), which exec needs. */
  async hijack(operation, path, options) {
    const { response, upgraded } = await this.#send(operation, "POST", path, { ...options, upgrade: true });
    if (upgraded === void 0) throw await this.#refusal(operation, response, options);
    const { socket } = upgraded;
    const untrack = this.#connection.track((error2) => socket.destroy(error2), options.signal);
    socket.once("close", untrack);
    return upgraded;
  }
  /** The error for a call that broke: the reason why the connection ended, if that is what broke it. */
  explainFailure(operation, error2) {
    return this.#connection.explainFailure(operation, error2);
  }
  async #send(operation, method, path, options) {
    const versionedPath = `${this.#versionPrefix}${path}`;
    for (let attempt = 1; ; attempt += 1) {
      this.#connection.throwIfDisconnected();
      options.signal?.throwIfAborted();
      const request6 = sendRequest(this.#connection.transport, method, versionedPath, options);
      try {
        return await this.#responseHead(request6, options);
      } catch (error2) {
        if (options.signal?.aborted) throw error2;
        if (method === "GET" && request6.reusedSocket && attempt < 3 && !this.disconnected.aborted) continue;
        throw await this.explainFailure(operation, error2);
      }
    }
  }
  #responseHead(request6, { signal }) {
    return new Promise((resolve4, reject) => {
      const untrack = this.#connection.track((error2) => request6.destroy(error2), signal);
      const settle2 = (head) => {
        untrack();
        resolve4(head);
      };
      request6.on("error", (error2) => {
        untrack();
        this.#connection.checkReachable(error2);
        reject(error2);
      });
      request6.once("response", (response) => settle2({ response }));
      request6.once("upgrade", (response, socket, head) => settle2({ response, upgraded: { socket, head } }));
    });
  }
  async #readBody(operation, response, signal) {
    const untrack = this.#connection.track((error2) => response.destroy(error2), signal);
    try {
      const chunks = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error2) {
      if (signal?.aborted) throw error2;
      throw await this.explainFailure(operation, error2);
    } finally {
      untrack();
    }
  }
  async #refusal(operation, response, { signal }) {
    const text = (await this.#readBody(operation, response, signal)).toString().trim();
    return engineError(this.host, operation, messageIn(text), response.statusCode ?? 0);
  }
  #parseJson(operation, body) {
    try {
      return JSON.parse(body.toString());
    } catch (cause) {
      const evidence = [body.toString().slice(0, 200)];
      const message = `could not ${operation}: the engine's answer is not JSON. Does a proxy answer in its place? Run this job again.`;
      throw new HostError(this.host, message, { evidence, cause });
    }
  }
};
function messageIn(text) {
  try {
    return new Fields(JSON.parse(text)).text("message") || text;
  } catch {
    return text;
  }
}

// src/engine/dial-stdio.ts
import { once as once2 } from "node:events";
import { createServer } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

// src/engine/remote-session.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Transform } from "node:stream";

// src/run/line-splitter.ts
import { StringDecoder } from "node:string_decoder";
var LineSplitter = class {
  #decoder = new StringDecoder("utf8");
  #onLine;
  #rest = "";
  constructor(onLine) {
    this.#onLine = onLine;
  }
  push(chunk) {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(withoutCarriageReturn(line));
  }
  /** Passes on the text after the last line break. */
  end() {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#onLine(withoutCarriageReturn(rest));
  }
};
function withoutCarriageReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

// src/engine/marker.ts
import { randomBytes } from "node:crypto";
function makeShellMarker() {
  const id = randomBytes(8).toString("hex");
  return { command: `echo 'sealift-'${id}`, pattern: new RegExp(`sealift-${id}[ \\t\\r]*\\n`) };
}
var ENGINE_GREETING = "HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
var ENGINE_ANSWER = /HTTP\/1\.[01] \d{3} .*?\r\n\r\n/s;
var MAX_KEPT = 64 * 1024;
var MarkerSearch = class {
  #pattern;
  #pending = Buffer.alloc(0);
  #found = false;
  constructor(pattern) {
    this.#pattern = pattern;
  }
  /** Whatever was received without the marker. */
  get textBefore() {
    return this.#pending.toString();
  }
  /** @returns what follows the marker in this chunk, possibly nothing; `undefined` before the marker */
  push(chunk) {
    if (this.#found) return chunk;
    const received = Buffer.concat([this.#pending, chunk]);
    const match = this.#pattern.exec(received.toString("latin1"));
    this.#found = match !== null;
    this.#pending = match === null ? received.subarray(-MAX_KEPT) : received.subarray(0, match.index);
    return match === null ? void 0 : received.subarray(match.index + match[0].length);
  }
};

// src/engine/remote-session.ts
function shellCommand(program) {
  const { command, pattern } = makeShellMarker();
  return { command: `${command}; exec ${program}`, marker: pattern };
}
var DIAL_PROGRAM = "docker system dial-stdio";
var DIAL_ALONE = {
  command: DIAL_PROGRAM,
  marker: ENGINE_ANSWER,
  greeting: ENGINE_GREETING
};
var READY_TIMEOUT = 3e4;
function openRemoteSession(ssh, { command, marker, greeting }, environment, onLine) {
  const child = spawn("ssh", [...ssh, command], { env: environment, stdio: "pipe" });
  let refused = false;
  const lines = new LineSplitter((line) => {
    if (/Session open refused|session request failed/i.test(line)) refused = true;
    onLine(line);
  });
  child.stderr.on("data", (chunk) => lines.push(chunk));
  child.stdin.on("error", () => void 0);
  const closed = once(child, "close").then(
    () => lines.end(),
    (error2) => onLine(error2.message)
  );
  const search = new MarkerSearch(marker);
  const { promise: outcome, resolve: resolve4 } = Promise.withResolvers();
  const output = new Transform({
    transform: (chunk, _, done) => {
      const rest = search.push(chunk);
      if (rest !== void 0) resolve4("ready");
      done(null, rest);
    }
  });
  child.stdout.pipe(output);
  if (greeting !== void 0) child.stdin.write(greeting);
  const deadline = setTimeout(() => child.kill(), READY_TIMEOUT);
  void outcome.then(() => clearTimeout(deadline));
  void closed.then(() => {
    for (const line of plainText(search.textBefore).split("\n")) if (line.trim() !== "") onLine(line);
    resolve4(refused ? "refused" : "ended");
  });
  return { outcome, input: child.stdin, output, closed, kill: () => child.kill() };
}

// src/engine/dial-stdio.ts
var REFUSALS = { attempts: 10, pause: 100 };
async function openDialStdio(socketPath2, { slots, command, environment }) {
  const output = new Tail(20);
  const sockets = /* @__PURE__ */ new Set();
  const serve = async (socket) => {
    for (let attempt = 1; attempt <= REFUSALS.attempts && !socket.destroyed; attempt += 1) {
      const slot = await slots.take();
      try {
        const ssh = slot.connection.sessionArguments;
        const wasServed = await dial(
          socket,
          () => openRemoteSession(ssh, command(), environment, (line) => output.push(line))
        );
        if (wasServed) return;
      } finally {
        slot.release();
      }
      await delay(REFUSALS.pause * attempt);
    }
    socket.destroy();
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => void 0);
    sockets.add(socket);
    void serve(socket).finally(() => sockets.delete(socket));
  });
  server.listen({ path: socketPath2 });
  await once2(server, "listening");
  return {
    socketPath: socketPath2,
    output,
    close: async () => {
      const closed = new Promise((resolve4) => server.close(resolve4));
      for (const socket of sockets) socket.destroy();
      await closed;
    }
  };
}
async function dial(socket, open) {
  if (socket.destroyed) return true;
  const session = open();
  const end = () => session.kill();
  socket.once("close", end);
  try {
    switch (await session.outcome) {
      case "refused":
        return false;
      case "ended":
        socket.destroy();
        return true;
      case "ready":
    }
    await Promise.all([pipeline(socket, session.input), pipeline(session.output, socket), session.closed]);
  } catch {
    session.kill();
    socket.destroy();
    await session.closed;
  } finally {
    socket.off("close", end);
  }
  return true;
}

// src/engine/archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
import { buffer } from "node:stream/consumers";
async function packFiles(files) {
  const archive = (0, import_tar_stream.pack)();
  for (const [name, { content, mode = 420, uid = 0, gid = 0 }] of files) {
    archive.entry({ name, mode, uid, gid }, content);
  }
  archive.finalize();
  return await buffer(archive);
}
async function unpackFiles(archive) {
  const files = /* @__PURE__ */ new Map();
  const entries = (0, import_tar_stream.extract)();
  entries.end(archive);
  let root;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type === "directory") root ??= name.endsWith("/") ? name : `${name}/`;
    const content = await buffer(entry);
    if (type === "file") files.set(root && name.startsWith(root) ? name.slice(root.length) : name, content);
  }
  return files;
}
var EMPTY_ARCHIVE = Buffer.alloc(1024);

// src/engine/create-network.ts
import { randomUUID as randomUUID8 } from "node:crypto";

// src/model/address-range.ts
var SUBNET_PREFIX = 24;
var RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;
var sizeOf = (prefix) => 2 ** (32 - prefix);
function parseRange(text) {
  const [, ...parts] = RANGE.exec(text)?.map(Number) ?? [];
  const prefix = parts[4];
  const bytes = parts.slice(0, 4);
  if (prefix === void 0 || prefix > 32 || bytes.some((byte) => byte > 255)) return void 0;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return first % sizeOf(prefix) === 0 ? { first, prefix } : void 0;
}
function rangeText({ first, prefix }) {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join(".")}/${prefix}`;
}
function lastAddress({ first, prefix }) {
  const [address = ""] = rangeText({ first: first + sizeOf(prefix) - 2, prefix: 32 }).split("/");
  return address;
}
function* freeSubnets(range, taken) {
  const size = sizeOf(SUBNET_PREFIX);
  const end = range.first + sizeOf(range.prefix);
  for (let first = range.first; first + size <= end; first += size) {
    const subnet = { first, prefix: SUBNET_PREFIX };
    if (!taken.some((other) => shareAddresses(subnet, other))) yield subnet;
  }
}
var shareAddresses = (one, other) => one.first < other.first + sizeOf(other.prefix) && other.first < one.first + sizeOf(one.prefix);

// src/engine/create-network.ts
var POOL_LABEL = "sealift.pool";
async function createNetwork(calls, spec) {
  if (!needsSubnet(spec)) {
    await createAsSpecified(calls, spec);
    return;
  }
  const refused = /* @__PURE__ */ new Set();
  for (; ; ) {
    const networks = await calls.list();
    const pools = calls.range === void 0 ? poolsOf(networks) : [calls.range];
    const [free] = freeIn(pools, networks, refused);
    if (free === void 0 && calls.range !== void 0) throw fullRangeError(calls.host, calls.range);
    if (free !== void 0) {
      const subnet2 = rangeText(free.subnet);
      if (await createInSubnet(calls, spec, subnet2, rangeText(free.pool))) return;
      refused.add(subnet2);
      continue;
    }
    const pool = await claimPool(calls, spec);
    if (pool === void 0) return;
    const subnet = rangeText({ ...pool, prefix: Math.max(pool.prefix, SUBNET_PREFIX) });
    if (await createInSubnet(calls, spec, subnet, rangeText(pool))) return;
  }
}
var ADDRESS_CHECK = "sealift-address-check-";
async function checkAddresses(calls, count) {
  if (count === 0) return;
  const networks = await calls.list();
  for (const { id, name } of networks) if (name.startsWith(ADDRESS_CHECK)) await calls.remove(id);
  const pools = calls.range === void 0 ? poolsOf(networks) : [calls.range];
  let left = freeIn(pools, networks).length;
  if (left < count && calls.range !== void 0) throw fullRangeError(calls.host, calls.range);
  const created = [];
  try {
    while (left < count) {
      const id = await createAsSpecified(calls, {
        Name: `${ADDRESS_CHECK}${randomUUID8()}`,
        Driver: "bridge"
      });
      created.push(id);
      const { prefix = SUBNET_PREFIX } = await poolOf(calls, id) ?? {};
      left += 2 ** Math.max(0, SUBNET_PREFIX - prefix);
    }
  } finally {
    for (const id of created) await calls.remove(id);
  }
}
function needsSubnet(spec) {
  const { Driver: driver = "bridge", IPAM: addresses, EnableIPv6: ipv6, EnableIPv4: ipv4 } = spec;
  return driver === "bridge" && addresses === void 0 && ipv6 !== true && ipv4 !== false;
}
var poolsOf = (networks) => [...new Set(networks.flatMap(({ labels }) => labels[POOL_LABEL] ?? []))].flatMap(
  (text) => parseRange(text) ?? []
);
function freeIn(pools, networks, refused = /* @__PURE__ */ new Set()) {
  const taken = networks.flatMap(({ subnets }) => subnets.flatMap((text) => parseRange(text) ?? []));
  return pools.flatMap(
    (pool) => [...freeSubnets(pool, taken)].filter((subnet) => !refused.has(rangeText(subnet))).map((subnet) => ({ pool, subnet }))
  );
}
async function createInSubnet(calls, spec, subnet, pool) {
  const labels = { ...asObject(spec["Labels"]), [POOL_LABEL]: pool };
  try {
    await calls.create({ ...spec, Labels: labels, IPAM: { Config: [{ Subnet: subnet }] } });
    return true;
  } catch (error2) {
    if (error2 instanceof HostError && /pool overlaps/i.test(error2.message)) return false;
    throw error2;
  }
}
async function claimPool(calls, spec) {
  const id = await createAsSpecified(calls, spec);
  const pool = await poolOf(calls, id);
  if (pool !== void 0) await calls.remove(id);
  return pool;
}
async function poolOf(calls, id) {
  const network = (await calls.list()).find((each) => each.id === id);
  return network?.subnets.map(parseRange).find((range) => range !== void 0);
}
async function createAsSpecified(calls, spec) {
  try {
    return await calls.create(spec);
  } catch (error2) {
    const isExhausted = /fully subnetted|could not find an available, non-overlapping/i;
    if (!(error2 instanceof HostError && isExhausted.test(error2.message))) throw error2;
    throw new HostError(
      calls.host,
      'no addresses are left for another network: the networks on it use all address pools of the engine. Remove those that nothing uses (docker network prune), add pools to "default-address-pools" in /etc/docker/daemon.json, or set network-range to addresses that nothing else uses, such as 10.201.0.0/16.',
      { evidence: [error2.message], cause: error2 }
    );
  }
}
var fullRangeError = (host, range) => new HostError(
  host,
  `network-range: no addresses are left in ${rangeText(range)} for another network. Set a larger range, or remove networks that nothing uses (docker network prune).`
);

// src/engine/events.ts
var OPERATION = "listen to its events";
async function openEvents(client, filters, signal, since) {
  const query = {
    filters: JSON.stringify(filters),
    since: since === void 0 ? void 0 : unixTime(since)
  };
  return readEvents(client, await client.stream(OPERATION, "/events", { query, signal }), signal);
}
var unixTime = (time) => (Date.parse(time) / 1e3).toFixed(3);
async function* readEvents(client, response, signal) {
  let complete = [];
  const lines = new LineSplitter((line) => complete.push(line));
  try {
    for await (const chunk of response) {
      lines.push(Buffer.from(chunk));
      const ready = complete;
      complete = [];
      for (const line of ready) if (line.trim() !== "") yield parseEvent(line);
    }
  } catch (error2) {
    if (signal.aborted) return;
    throw await client.explainFailure(OPERATION, error2);
  }
  if (signal.aborted) return;
  throw new HostError(
    client.host,
    `could not ${OPERATION}: the engine ended the stream. Was it stopped? Run this job again when it runs.`
  );
}
function parseEvent(line) {
  const event = new Fields(JSON.parse(line));
  const actor = event.object("Actor");
  return { action: event.text("Action"), id: actor.text("ID"), attributes: actor.map("Attributes") };
}

// src/engine/exec.ts
import { finished } from "node:stream/promises";
import { setTimeout as delay2 } from "node:timers/promises";

// src/engine/paths.ts
var containerPath = (id) => `/containers/${encodeURIComponent(id)}`;
var imagePath = (reference) => `/images/${encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}`;
var filtersParameter = (filters) => JSON.stringify(filters);

// src/engine/streams.ts
var Demultiplexer = class {
  #onData;
  #pending = Buffer.alloc(0);
  constructor(onData) {
    this.#onData = onData;
  }
  push(chunk) {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      this.#onData(rest[0] === 2 ? "stderr" : "stdout", rest.subarray(8, end));
      rest = rest.subarray(end);
    }
    this.#pending = rest;
  }
};
function streamLines(multiplexed, body) {
  const lines = [];
  const streams = {
    stdout: new LineSplitter((line) => lines.push(line)),
    stderr: new LineSplitter((line) => lines.push(line))
  };
  if (multiplexed) new Demultiplexer((stream, data) => streams[stream].push(data)).push(body);
  else streams.stdout.push(body);
  streams.stdout.end();
  streams.stderr.end();
  return lines;
}

// src/engine/exec.ts
async function exec(client, id, argv, { signal, user: User, privileged: Privileged, workingDir: WorkingDir, environment: Env }) {
  const operation = `run "${argv[0] ?? ""}" in container ${id}`;
  const body = { AttachStdout: true, AttachStderr: true, Cmd: argv, User, Privileged, WorkingDir, Env };
  const created = await client.callJson(operation, "POST", `${containerPath(id)}/exec`, { body, signal });
  const path = `/exec/${new Fields(created).text("Id")}`;
  const output = await execOutput(client, operation, `${path}/start`, signal);
  for (let pause9 = 5; ; pause9 = Math.min(pause9 * 2, 500)) {
    const state = new Fields(await client.callJson(operation, "GET", `${path}/json`, { signal }));
    if (!state.flag("Running")) {
      if (state.has("ExitCode")) return { exitCode: state.number("ExitCode"), ...output };
      throw new HostError(
        client.host,
        `could not ${operation}: the engine does not report its exit code. Run this job again.`
      );
    }
    await delay2(pause9, void 0, {
      signal: signal === void 0 ? client.disconnected : AbortSignal.any([signal, client.disconnected])
    }).catch(() => {
      throw signal?.aborted ? signal.reason : client.disconnected.reason;
    });
  }
}
async function execOutput(client, operation, path, signal) {
  const { socket, head } = await client.hijack(operation, path, {
    body: { Detach: false, Tty: false },
    signal
  });
  const chunks = { stdout: [], stderr: [] };
  const demultiplexer = new Demultiplexer((stream, data) => chunks[stream].push(Buffer.from(data)));
  demultiplexer.push(head);
  socket.on("error", () => void 0);
  socket.on("data", (chunk) => demultiplexer.push(chunk));
  try {
    await finished(socket, { writable: false, cleanup: true });
  } catch {
    signal?.throwIfAborted();
    if (client.disconnected.aborted) throw client.disconnected.reason;
  } finally {
    socket.destroy();
  }
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}

// src/engine/remove-container.ts
var REMOVAL_TIMEOUT = 3e4;
async function removeContainer(client, id, { force = false, keepVolumes = false }) {
  const operation = `remove container ${id}`;
  const query = { v: String(!keepVolumes), force: String(force) };
  try {
    await client.call(operation, "DELETE", containerPath(id), { query, allow: [404] });
  } catch (error2) {
    if (!(error2 instanceof Conflict && /already in progress/.test(error2.message))) throw error2;
    await awaitRemoval(client, id, operation);
  }
}
async function awaitRemoval(client, id, operation) {
  const signal = AbortSignal.timeout(REMOVAL_TIMEOUT);
  const query = { condition: "removed" };
  try {
    await client.call(operation, "POST", `${containerPath(id)}/wait`, { query, allow: [404], signal });
  } catch (error2) {
    if (!signal.aborted) throw error2;
    throw new HostError(
      client.host,
      `could not ${operation}: its removal had begun already and was not finished after ${REMOVAL_TIMEOUT / 1e3} s. Look at "docker ps -a" and the engine's log on the host.`
    );
  }
}

// src/engine/docker-engine.ts
var ALREADY_STARTED = 304;
var DockerEngine = class {
  cliEnvironment;
  #client;
  #connection;
  /** Where the addresses of new networks are taken from; `undefined`: from a pool of the engine. */
  #networkRange;
  constructor(connection, networkRange) {
    this.#networkRange = networkRange;
    this.cliEnvironment = connection.cliEnvironment;
    this.#client = connection.client;
    this.#connection = connection;
  }
  get host() {
    return this.#client.host;
  }
  get disconnected() {
    return this.#client.disconnected;
  }
  version() {
    return Promise.resolve(this.#connection.version);
  }
  async listContainers(labels) {
    const query = { all: "true", filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list containers", "GET", "/containers/json", { query });
    return listOf(found).map(parseContainerSummary);
  }
  async inspectContainer(id) {
    const path = `${containerPath(id)}/json`;
    return parseContainerDetails(await this.#client.callJson(`inspect container ${id}`, "GET", path));
  }
  async createContainer(name, spec) {
    const options = { query: { name }, body: spec };
    const operation = `create container ${name}`;
    const created = await this.#client.callJson(operation, "POST", "/containers/create", options);
    return new Fields(created).text("Id");
  }
  async startContainer(id) {
    const { status: status2 } = await this.#client.call(`start container ${id}`, "POST", `${containerPath(id)}/start`);
    return status2 !== ALREADY_STARTED;
  }
  async stopContainer(id, timeout) {
    const query = { t: timeout === void 0 ? void 0 : String(timeout) };
    await this.#client.call(`stop container ${id}`, "POST", `${containerPath(id)}/stop`, { query });
  }
  removeContainer(id, options = {}) {
    return removeContainer(this.#client, id, options);
  }
  async setRestartPolicy(id, { name, maxRetries }) {
    const body = { RestartPolicy: { Name: name, MaximumRetryCount: maxRetries } };
    const operation = `set the restart policy of container ${id}`;
    await this.#client.call(operation, "POST", `${containerPath(id)}/update`, { body });
  }
  async containerLogs(id, tail, since) {
    const query = {
      ...{ stdout: "true", stderr: "true", tail: String(tail) },
      since: since === void 0 ? void 0 : unixTime(since)
    };
    const operation = `read the log of container ${id}`;
    const { headers, body } = await this.#client.call(operation, "GET", `${containerPath(id)}/logs`, {
      query
    });
    return streamLines(headers["content-type"] === "application/vnd.docker.multiplexed-stream", body);
  }
  exec(id, argv, options = {}) {
    return exec(this.#client, id, argv, options);
  }
  async readFiles(id, path) {
    const operation = `read ${path} of container ${id}`;
    const query = { path };
    try {
      const { body } = await this.#client.call(operation, "GET", `${containerPath(id)}/archive`, { query });
      return await unpackFiles(body);
    } catch (error2) {
      if (error2 instanceof NotFound && !/no such container/i.test(error2.message)) return /* @__PURE__ */ new Map();
      throw error2;
    }
  }
  async writeFiles(id, path, files) {
    const options = { query: { path }, body: await packFiles(files) };
    const operation = `write ${[...files.keys()].join(", ")} to ${path} of container ${id}`;
    await this.#client.call(operation, "PUT", `${containerPath(id)}/archive`, options);
  }
  async inspectImage(reference) {
    const path = `${imagePath(reference)}/json`;
    const found = await this.#client.findJson(`inspect image ${reference}`, path);
    return found === void 0 ? void 0 : parseImageDetails(new Fields(found));
  }
  async tagImage(reference, repository, tag) {
    const query = { repo: repository, tag };
    await this.#client.call(`tag image ${reference}`, "POST", `${imagePath(reference)}/tag`, { query });
  }
  async removeImage(reference) {
    const options = { allow: [404, 409] };
    const operation = `remove image ${reference}`;
    const { status: status2 } = await this.#client.call(operation, "DELETE", imagePath(reference), options);
    return status2 < 400;
  }
  async listImages(filters) {
    const query = { filters: filtersParameter(filters) };
    const found = await this.#client.callJson("list images", "GET", "/images/json", { query });
    return listOf(found).map(parseImageDetails);
  }
  async importEmptyImage(repository, tag) {
    const operation = `create image ${repository}:${tag}`;
    const options = { query: { fromSrc: "-", repo: repository, tag }, body: EMPTY_ARCHIVE };
    const { body } = await this.#client.call(operation, "POST", "/images/create", options);
    for (const line of body.toString().split("\n").filter(Boolean)) {
      const error2 = new Fields(JSON.parse(line)).text("error");
      if (error2 !== "") throw engineError(this.host, operation, error2);
    }
  }
  now() {
    return this.#client.now();
  }
  async listNetworks(labels) {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list networks", "GET", "/networks", { query });
    return listOf(found).map(parseNetworkSummary);
  }
  createNetwork(spec) {
    return createNetwork(this.#networkCalls(), spec);
  }
  checkNetworkAddresses(count) {
    return checkAddresses(this.#networkCalls(), count);
  }
  #networkCalls() {
    return {
      host: this.host,
      range: this.#networkRange,
      list: () => this.listNetworks([]),
      remove: (id) => this.removeNetwork(id),
      create: async (body) => {
        const operation = `create network ${body["Name"]}`;
        const created = await this.#client.callJson(operation, "POST", "/networks/create", { body });
        return new Fields(created).text("Id");
      }
    };
  }
  async removeNetwork(id) {
    const path = `/networks/${encodeURIComponent(id)}`;
    await this.#client.call(`remove network ${id}`, "DELETE", path, { allow: [404] });
  }
  async connectNetwork(name, id, endpoint) {
    const body = { Container: id, EndpointConfig: endpoint };
    const path = `/networks/${encodeURIComponent(name)}/connect`;
    await this.#client.call(`connect container ${id} to network ${name}`, "POST", path, { body });
  }
  async disconnectNetwork(name, id) {
    const body = { Container: id };
    const path = `/networks/${encodeURIComponent(name)}/disconnect`;
    await this.#client.call(`disconnect container ${id} from network ${name}`, "POST", path, { body });
  }
  async listVolumes(labels) {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list volumes", "GET", "/volumes", { query });
    return new Fields(found).objects("Volumes").map(parseNamedObject);
  }
  async inspectVolume(name) {
    const path = `/volumes/${encodeURIComponent(name)}`;
    const found = await this.#client.findJson(`inspect volume ${name}`, path);
    return found === void 0 ? void 0 : parseNamedObject(new Fields(found));
  }
  async createVolume(spec) {
    await this.#client.call(`create volume ${spec["Name"]}`, "POST", "/volumes/create", { body: spec });
  }
  async removeVolume(name) {
    const path = `/volumes/${encodeURIComponent(name)}`;
    await this.#client.call(`remove volume ${name}`, "DELETE", path, { allow: [404] });
  }
  events(filters, signal, since) {
    return openEvents(this.#client, filters, signal, since);
  }
  async [Symbol.asyncDispose]() {
    this.#client.disconnect(new HostError(this.host, "the connection was closed by this job."));
    await this.#connection.close();
  }
};

// src/engine/swarm-responses.ts
var NODE_STATES = ["inactive", "pending", "active", "error", "locked"];
function parseSwarmNode(value) {
  const info2 = new Fields(value);
  const swarm = info2.object("Swarm");
  return {
    state: NODE_STATES.find((state) => state === swarm.text("LocalNodeState")) ?? "inactive",
    isManager: swarm.flag("ControlAvailable"),
    managers: swarm.objects("RemoteManagers").map((manager) => manager.text("Addr")),
    error: swarm.text("Error"),
    time: info2.text("SystemTime")
  };
}
function parseClusterNode(node) {
  return { id: node.text("ID"), hostname: node.object("Description").text("Hostname") };
}
function parseSwarmObject(object) {
  return { ...parseNamedObject(object.object("Spec")), id: object.text("ID") };
}
function parseClusterNetwork(network) {
  return { ...parseNamedObject(network), id: network.text("Id") };
}
function parseSwarmConfig(config) {
  return {
    ...parseSwarmObject(config),
    version: config.object("Version").number("Index"),
    content: Buffer.from(config.object("Spec").text("Data"), "base64").toString(),
    updatedAt: config.text("UpdatedAt")
  };
}
function parseSwarmService(service) {
  const spec = service.object("Spec");
  const mode = spec.object("Mode");
  const update = service.object("UpdateStatus");
  return {
    ...parseSwarmObject(service),
    ...parseMode(mode),
    image: spec.object("TaskTemplate").object("ContainerSpec").text("Image"),
    update: { state: parseUpdateState(update.text("State")), message: update.text("Message") },
    jobIteration: service.object("JobStatus").object("JobIteration").number("Index"),
    containerLabels: spec.object("TaskTemplate").object("ContainerSpec").map("Labels"),
    restartsWhenDone: !["none", "on-failure"].includes(
      spec.object("TaskTemplate").object("RestartPolicy").text("Condition")
    ),
    updatePause: updatePauseOf(spec)
  };
}
var DEFAULT_MONITOR = 5e3;
var DEFAULT_STOP_GRACE_PERIOD = 1e4;
var NANOSECONDS = 1e6;
function updatePauseOf(spec) {
  const config = spec.object("UpdateConfig");
  const container = spec.object("TaskTemplate").object("ContainerSpec");
  const duration = (fields, key, otherwise) => fields.has(key) ? fields.number(key) / NANOSECONDS : otherwise;
  return duration(config, "Delay", 0) + duration(config, "Monitor", DEFAULT_MONITOR) + duration(container, "StopGracePeriod", DEFAULT_STOP_GRACE_PERIOD);
}
function parseMode(mode) {
  if (mode.has("Global")) return { mode: "global", replicas: 0 };
  if (mode.has("GlobalJob")) return { mode: "global-job", replicas: 0 };
  if (mode.has("ReplicatedJob"))
    return { mode: "replicated-job", replicas: mode.object("ReplicatedJob").number("TotalCompletions") };
  return { mode: "replicated", replicas: mode.object("Replicated").number("Replicas") };
}
var UPDATE_STATES = [
  "updating",
  "paused",
  "completed",
  "rollback_started",
  "rollback_paused",
  "rollback_completed"
];
var parseUpdateState = (state) => UPDATE_STATES.find((known) => known === state);
var TASK_STATES = [
  "new",
  "allocated",
  "pending",
  "assigned",
  "accepted",
  "preparing",
  "ready",
  "starting",
  "running",
  "complete",
  "shutdown",
  "failed",
  "rejected",
  "remove",
  "orphaned"
];
var parseTaskState = (state) => TASK_STATES.find((known) => known === state) ?? "new";
function parseSwarmTask(task) {
  const status2 = task.object("Status");
  const container = task.object("Spec").object("ContainerSpec");
  const state = parseTaskState(status2.text("State"));
  const hasContainer2 = status2.object("ContainerStatus").text("ContainerID") !== "";
  return {
    id: task.text("ID"),
    serviceId: task.text("ServiceID"),
    slot: task.number("Slot"),
    nodeId: task.text("NodeID"),
    state,
    desiredState: parseTaskState(task.text("DesiredState")),
    error: status2.text("Err"),
    exitCode: hasContainer2 && taskHasEnded(state) ? status2.object("ContainerStatus").number("ExitCode") : void 0,
    image: container.text("Image"),
    labels: container.map("Labels"),
    jobIteration: task.object("JobIteration").number("Index"),
    createdAt: task.text("CreatedAt")
  };
}
var taskHasEnded = (state) => TASK_STATES.indexOf(state) > TASK_STATES.indexOf("running");

// src/engine/docker-swarm.ts
var DockerSwarm = class {
  #connection;
  constructor(connection) {
    this.#connection = connection;
  }
  get host() {
    return this.#connection.client.host;
  }
  get cliEnvironment() {
    return this.#connection.cliEnvironment;
  }
  get disconnected() {
    return this.#connection.client.disconnected;
  }
  async swarmNode() {
    const { client } = this.#connection;
    return parseSwarmNode(await client.callJson("ask what it is in its swarm", "GET", "/info"));
  }
  async listNodes() {
    return (await this.#list("list the nodes of the swarm", "/nodes")).map(parseClusterNode);
  }
  async listServices(labels) {
    return (await this.#list("list services", "/services", labels)).map(parseSwarmService);
  }
  async listTasks(labels) {
    return (await this.#list("list tasks", "/tasks", labels)).map(parseSwarmTask);
  }
  async removeService(id) {
    await this.#remove(`remove service ${id}`, `/services/${encodeURIComponent(id)}`);
  }
  async taskLogs(id, tail, signal) {
    return await this.#taskLog(id, { tail: String(tail) }, signal);
  }
  async taskLogsAfter(id, after, signal) {
    const since = after === "" ? void 0 : String(Math.floor(Date.parse(after) / 1e3));
    const lines = await this.#taskLog(id, { timestamps: "true", since }, signal);
    return lines.map((text) => ({ time: text.slice(0, text.indexOf(" ")), line: text.slice(text.indexOf(" ") + 1) })).filter(({ time }) => time > after);
  }
  async listConfigs(labels) {
    return (await this.#list("list configs", "/configs", labels)).map(parseSwarmConfig);
  }
  createConfig(name, labels, content) {
    return this.#create(`create config ${name}`, "/configs/create", name, labels, content);
  }
  async setConfigLabels({ id, name, version, content }, labels) {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString("base64") };
    const path = `/configs/${encodeURIComponent(id)}/update`;
    const options = { query: { version: String(version) }, body };
    await this.#connection.client.call(`change the labels of config ${name}`, "POST", path, options);
  }
  async removeConfig(id) {
    await this.#remove(`remove config ${id}`, `/configs/${encodeURIComponent(id)}`);
  }
  async listSecrets(labels) {
    return (await this.#list("list secrets", "/secrets", labels)).map(parseSwarmObject);
  }
  createSecret(name, labels, content) {
    return this.#create(`create secret ${name}`, "/secrets/create", name, labels, content);
  }
  async removeSecret(id) {
    await this.#remove(`remove secret ${id}`, `/secrets/${encodeURIComponent(id)}`);
  }
  async listClusterNetworks(labels) {
    return (await this.#list("list networks", "/networks", labels)).map(parseClusterNetwork);
  }
  async removeClusterNetwork(id) {
    await this.#remove(`remove network ${id}`, `/networks/${encodeURIComponent(id)}`);
  }
  async [Symbol.asyncDispose]() {
    this.#connection.client.disconnect(new HostError(this.host, "the connection was closed by this job."));
    await this.#connection.close();
  }
  async #taskLog(id, options, signal) {
    const query = { stdout: "true", stderr: "true", ...options };
    const path = `/tasks/${encodeURIComponent(id)}/logs`;
    const { client } = this.#connection;
    const { body } = await client.call(`read the log of task ${id}`, "GET", path, { query, signal });
    return streamLines(true, body);
  }
  async #list(operation, path, labels = []) {
    const query = { filters: labels.length === 0 ? void 0 : filtersParameter({ label: labels }) };
    return listOf(await this.#connection.client.callJson(operation, "GET", path, { query }));
  }
  async #create(operation, path, name, labels, content) {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString("base64") };
    const created = await this.#connection.client.callJson(operation, "POST", path, { body });
    return new Fields(created).text("ID");
  }
  async #remove(operation, path) {
    await this.#connection.client.call(operation, "DELETE", path, { allow: [404] });
  }
};

// src/engine/engine-sessions.ts
import { setTimeout as delay3 } from "node:timers/promises";

// src/engine/session-slots.ts
var SessionSlots = class {
  #free = [];
  #waiting = [];
  #size = 0;
  /** All sessions, free or not. */
  get size() {
    return this.#size;
  }
  add(connection, sessions) {
    this.#size += sessions;
    for (let session = 0; session < sessions; session += 1) this.#offer(connection);
  }
  /** Waits in line until one is free. */
  async take() {
    const connection = this.#free.shift() ?? await new Promise((resolve4) => this.#waiting.push(resolve4));
    let taken = true;
    return {
      connection,
      release: () => {
        if (taken) this.#offer(connection);
        taken = false;
      }
    };
  }
  #offer(connection) {
    const next = this.#waiting.shift();
    if (next === void 0) this.#free.push(connection);
    else next(connection);
  }
};

// src/engine/transports.ts
import { Agent as Agent3 } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { isIPv6 } from "node:net";

// src/engine/tls.ts
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir as mkdir3, mkdtemp, rm as rm2, writeFile as writeFile4 } from "node:fs/promises";
import { join as join10 } from "node:path";
import { createSecureContext } from "node:tls";
var SIGNED_BY = "It must be signed by the CA with which the engine was started (--tlscacert)";
var TLS_FAILURES = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "the certificate of the engine has expired, or is not valid yet. Give the engine a new one (dockerd's --tlscert), and check the clocks of both machines."
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'the certificate of the engine is for other names than the one in "hosts". Use a name from the certificate in "hosts", or create a certificate with this name or IP address as subjectAltName.'
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE/,
    `the certificate of the engine was not signed by the CA in "tls-ca". Set the ca.pem that signed the engine's certificate.`
  ],
  [
    /alert.*(?:unknown.ca|unknown_ca)|ALERT_UNKNOWN_CA/i,
    `the engine does not know the CA that signed the certificate in "tls-cert". ${SIGNED_BY}.`
  ],
  [
    /alert.*certificate.expired|ALERT_CERTIFICATE_EXPIRED/i,
    'the certificate in "tls-cert" has expired. Create a new one, and set "tls-cert" and "tls-key".'
  ],
  [
    /alert.*(?:certificate.required|bad.certificate|certificate.unknown|unsupported.certificate|handshake.failure|access.denied)|ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE)/i,
    `the engine refused the certificate in "tls-cert". ${SIGNED_BY}, for client authentication, and "tls-key" must be its key.`
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|HTTP_REQUEST/,
    "what listens there does not speak TLS. Start the engine with --tlsverify: without it, everybody who can reach the port is root on the host."
  ]
];
function explainTlsFailure(error2) {
  const text = `${error2.code ?? ""} ${error2.message}`;
  return TLS_FAILURES.find(([pattern]) => pattern.test(text))?.[1];
}
function checkTls({ ca, cert, key }) {
  const requireOk = (message, check) => {
    try {
      check();
    } catch (cause) {
      throw new ConfigurationError(message, { cause });
    }
  };
  const unreadable = "that can be read. Set the text of the PEM file.";
  requireOk(`tls-ca: not a certificate ${unreadable}`, () => new X509Certificate(ca));
  requireOk(`tls-cert: not a certificate ${unreadable}`, () => new X509Certificate(cert));
  requireOk(`tls-key: not a private key ${unreadable}`, () => createPrivateKey(key));
  requireOk(
    'tls-key: this is not the key of the certificate in "tls-cert". Set two that were created together.',
    () => createSecureContext({ cert, key })
  );
}
async function writeTlsFiles(parent, { ca, cert, key }) {
  await mkdir3(parent, { recursive: true });
  const folder = await mkdtemp(join10(parent, "tls-"));
  const files = { "ca.pem": ca, "cert.pem": cert, "key.pem": key };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile4(join10(folder, name), text, { mode: 384 }))
  );
  return { folder, remove: () => rm2(folder, { recursive: true, force: true }) };
}

// src/engine/transports.ts
var MAX_SOCKETS = 64;
var START_ADVICE = "Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.";
var UNREACHABLE_CODES = /* @__PURE__ */ new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);
function unixTransport(path) {
  return {
    agent: new Agent3({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    address: { socketPath: path },
    explainError: (error2) => {
      switch (error2.code) {
        case "ENOENT":
          return `there is no socket ${path}. Is Docker installed and running on this machine? Is the path in "hosts" right?`;
        case "ECONNREFUSED":
          return `nothing listens on ${path}: the Docker engine of this machine is not running. ${START_ADVICE}`;
        case "EACCES":
          return `this user may not open ${path}. Add the runner's user to the group "docker" and restart the runner.`;
        default:
          return brokenCallText(error2);
      }
    }
  };
}
function tunnelTransport(path, sockets = MAX_SOCKETS) {
  return {
    // An idle connection in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent3({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    address: { socketPath: path },
    explainError: brokenCallText,
    graceAfterDisconnect: 250
  };
}
function tcpTransport({ hostname, port }, tls) {
  const connection = { keepAlive: true, maxSockets: MAX_SOCKETS, minVersion: "TLSv1.2" };
  return {
    agent: tcpAgent({ hostname, port }, { ...connection, ...tls, rejectUnauthorized: true }),
    address: { host: hostname, port },
    isHostUnreachable: (error2) => error2.syscall !== "connect" && UNREACHABLE_CODES.has(error2.code ?? ""),
    explainError: (error2) => {
      if (error2 instanceof ProxyError)
        return `${error2.message}. The runner names it in https_proxy; if it reaches ${hostname} without a proxy, name that in no_proxy.`;
      const tlsFailure = explainTlsFailure(error2);
      if (tlsFailure !== void 0) return `${tlsFailure} (${tlsReasonIn(error2)})`;
      switch (error2.code) {
        case "ENOTFOUND":
        case "EAI_AGAIN":
          return `no address was found for the name ${hostname}. Is it spelled correctly in "hosts"? Does the runner's DNS know it?`;
        case "ECONNREFUSED":
          return `nothing listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify? Is the port in "hosts" right? ${START_ADVICE}`;
        default:
          return UNREACHABLE_CODES.has(error2.code ?? "") ? `port ${port} could not be reached (${error2.code}). Is the server up? Can this runner reach it (firewall, VPN)?` : `${brokenCallText(error2)} Or it refuses the certificate in "tls-cert".`;
      }
    }
  };
}
function tcpAgent({ hostname, port }, options) {
  const host = isIPv6(hostname) ? `[${hostname}]` : hostname;
  const proxy = proxyFor(new URL(`https://${host}:${port}`));
  return proxy === void 0 ? new TlsAgent(options) : new ProxyAgent(proxy, options);
}
function tlsReasonIn({ message }) {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.["reason"] ?? message.trim();
}
function brokenCallText(error2) {
  return `the Docker engine closed the connection during the call (${error2.code ?? error2.message}). Was it stopped or restarted? ${START_ADVICE}`;
}

// src/engine/ssh-engine-error.ts
function sshEngineError({ name, user }, output, cause) {
  const evidence = [...output.forwarding.slice(-3), ...output.dialing.slice(-5)];
  return new HostError(name, explainOutput(user, output), { evidence, cause });
}
function explainOutput(user, { forwarding, dialing }) {
  const text = dialing.join("\n");
  if (/Session open refused|session request failed/i.test(text)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow two sessions or more (MaxSessions 10 is the default), or the forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  if (/permission denied/i.test(text)) {
    return `${user ?? "the user"} may not use Docker there. Add the user to the group docker: sudo usermod -aG docker ${user ?? "USER"}`;
  }
  if (/command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text) && !/daemon/i.test(text)) {
    return forwarding.some((line) => /administratively prohibited/.test(line)) ? `sshd refuses to forward the engine's socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command to use instead in the PATH of a command over SSH. Allow the forwarding, or install the docker command.` : "Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/";
  }
  return `the Docker engine is not running there. ${START_ADVICE}`;
}

// src/engine/engine-sessions.ts
var MOST = 9;
var ENOUGH = 8;
var END_TIMEOUT = 5e3;
async function openEngineSessions(host, login, { log }) {
  const hasShell = login.kind === "shell";
  const connection = hasShell ? login.tunnel : await host.logInAgain();
  const probe = () => hasShell ? shellCommand("cat >/dev/null") : DIAL_ALONE;
  const { given, lines } = await countSessions(connection, probe, host.environment);
  const limit = given + (hasShell ? 1 : 0);
  if (limit < 2) throw await noSessionsError(host, login, lines);
  const slots = new SessionSlots();
  slots.add(connection, given);
  const logins = Math.max(0, Math.ceil((ENOUGH - given) / limit));
  for (const more of await allOrThrow(Array.from({ length: logins }, () => host.logInAgain())))
    slots.add(more, limit);
  log.debug(
    `${host.address.name}: ${slots.size} sessions on ${1 + logins} connections reach the engine by "${DIAL_PROGRAM}".`
  );
  return { slots, command: () => hasShell ? shellCommand(DIAL_PROGRAM) : DIAL_ALONE };
}
async function countSessions(connection, command, environment) {
  const output = new Tail(20);
  const sessions = Array.from(
    { length: MOST },
    () => openRemoteSession(connection.sessionArguments, command(), environment, (line) => output.push(line))
  );
  const outcomes = await Promise.all(sessions.map((session) => session.outcome));
  for (const session of sessions) {
    session.input.end();
    session.output.resume();
  }
  const stop = new AbortController();
  await Promise.race([
    Promise.all(sessions.map((session) => session.closed)),
    delay3(END_TIMEOUT, void 0, { signal: stop.signal }).catch(() => void 0)
  ]);
  stop.abort();
  for (const session of sessions) session.kill();
  return { given: outcomes.filter((outcome) => outcome === "ready").length, lines: output.lines };
}
async function noSessionsError(host, login, lines) {
  const forwarding = login.kind === "shell" ? login.tunnel.stderr.lines : [];
  const isOfDocker = lines.some((line) => /docker|daemon|session open refused/i.test(line));
  return login.kind === "shell" || isOfDocker ? sshEngineError(host.address, { forwarding, dialing: lines }) : await host.errorWithoutCommand([...login.stderr, ...lines]);
}

// src/engine/heartbeat.ts
import * as https4 from "node:https";
var HEARTBEAT = { interval: 5e3, patience: 15e3 };
function startHeartbeat(client, options, timing = HEARTBEAT) {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * timing.interval >= timing.patience) {
      client.disconnect(unreachableError(client.host));
      return;
    }
    unanswered += 1;
    const ping = { agent: false, ...options, path: "/_ping", timeout: timing.patience };
    const request6 = https4.get(ping, (response) => {
      unanswered = 0;
      response.resume();
    });
    request6.on("timeout", () => request6.destroy(new Error("no answer")));
    request6.on("error", (error2) => {
      if (error2.code === "ECONNREFUSED" || error2.code === "ECONNRESET") unanswered = 0;
    });
  }, timing.interval);
  timer.unref();
  return () => clearInterval(timer);
}

// src/engine/ssh-host.ts
import { join as join13 } from "node:path";

// src/engine/login-queue.ts
var AT_ONCE = 6;
var LoginQueue = class {
  #waiting = [];
  #free = AT_ONCE;
  async enter() {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve4) => this.#waiting.push(resolve4));
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#waiting.shift();
      if (next === void 0) this.#free += 1;
      else next();
    };
  }
};
var queues = /* @__PURE__ */ new Map();
async function enterLoginQueue(firstHop2) {
  let queue = queues.get(firstHop2);
  if (queue === void 0) {
    queue = new LoginQueue();
    queues.set(firstHop2, queue);
  }
  return await queue.enter();
}

// src/engine/private-keys.ts
var PEM_BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
var OPENSSH_MAGIC = "openssh-key-v1\0";
function parsePrivateKeys(text, passphrase) {
  const unwrapped = unwrapKeyText(text);
  const keys = [...unwrapped.matchAll(PEM_BLOCK)].map(
    ({ groups }) => normalizeKey(groups?.["label"] ?? "", groups?.["body"] ?? "")
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${explainNonKey(unwrapped)}`);
  if (passphrase === void 0 && keys.some(isEncrypted)) {
    throw new ConfigurationError(
      'ssh-key-passphrase: missing, and the key in "ssh-key" is encrypted. Set its passphrase from a secret, or use a key without one (ssh-keygen -p -f KEY removes it).'
    );
  }
  return keys;
}
function isEncrypted(key) {
  if (key.startsWith("-----BEGIN ENCRYPTED ") || /^Proc-Type: 4,ENCRYPTED$/m.test(key)) return true;
  if (!key.startsWith("-----BEGIN OPENSSH ")) return false;
  const blob = Buffer.from(key.split("\n").slice(1, -2).join(""), "base64");
  const cipher = OPENSSH_MAGIC.length + 4;
  const length = blob.length >= cipher ? blob.readUInt32BE(OPENSSH_MAGIC.length) : 0;
  return blob.toString("latin1", cipher, cipher + length) !== "none";
}
function unwrapKeyText(text) {
  const plain = text.replaceAll(/\\r|\r/g, "").replaceAll("\\n", "\n").trim();
  if (plain.includes("-----BEGIN ") || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain)) return plain;
  const decoded = Buffer.from(plain, "base64").toString("latin1");
  return decoded.startsWith("-----BEGIN ") ? decoded : plain;
}
var LEGACY_HEADERS = /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s;
function normalizeKey(label, body) {
  const headers = LEGACY_HEADERS.exec(body)?.groups;
  const base642 = (headers?.["rest"] ?? body).replaceAll(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base642)) {
    throw new ConfigurationError(
      `ssh-key: the text between BEGIN and END is not a key (${base642 === "" ? "nothing" : "other characters than base64"}). Set the secret to the whole text of the private key's file.`
    );
  }
  const start = Buffer.from(base642, "base64").toString("latin1", 0, OPENSSH_MAGIC.length);
  if (label === "OPENSSH PRIVATE KEY" && start !== OPENSSH_MAGIC) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Set the secret to the whole text of the private key's file."
    );
  }
  return [
    `-----BEGIN ${label}-----`,
    ...headers === void 0 ? [] : [`Proc-Type: ${headers["type"]}`, `DEK-Info: ${headers["cipher"]}`, ""],
    ...base642.match(/.{1,64}/g) ?? [],
    `-----END ${label}-----`,
    ""
  ].join("\n");
}
function explainNonKey(text) {
  const advice = "Set the text of the private key's file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh|ecdsa|sk)-\S*-cert-v01@openssh\.com AAAA/.test(text)) {
    return `this is a certificate, and the private key that it belongs to is missing. ${advice} The certificate may stand below it, or in "ssh-certificate".`;
  }
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return `this is a public key. ${advice} (The public key goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and set the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text)?.groups?.["label"];
  if (label?.endsWith("PRIVATE KEY")) {
    return "the key is cut off: its END line is missing. Was it pasted incompletely, or only its first line?";
  }
  if (label !== void 0) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${advice}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text)) return `this is a path, not the key itself. ${advice}`;
  return `this is not a private key. ${advice}`;
}

// src/engine/ssh-agent.ts
import { spawn as spawn2 } from "node:child_process";
import { once as once3 } from "node:events";
import { writeFile as writeFile5 } from "node:fs/promises";
import { join as join11 } from "node:path";

// src/engine/ssh-process.ts
function sshEnvironment(variables = {}) {
  const { SSH_AUTH_SOCK, SSH_AGENT_PID, SSH_ASKPASS, DISPLAY, ...environment } = programEnvironment();
  return { ...environment, ...variables, LC_ALL: "C" };
}
function sshStartError(program, error2) {
  return new ConfigurationError(
    `${program} could not be started on this runner (${messageOf(error2)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error2 }
  );
}

// src/engine/ssh-agent.ts
var KEY_LIFETIME = 120;
var REFRESH_AFTER = 3e4;
var ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;
async function startSshAgent(folder, keys, passphrase, step2) {
  const socket = join11(folder, "agent");
  const child = spawn2("ssh-agent", ["-a", socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat >/dev/null'], {
    env: sshEnvironment(),
    stdio: ["pipe", "pipe", "ignore"]
  });
  child.stdin.on("error", () => void 0);
  const exited = once3(child, "exit").then(() => void 0);
  const started = new Promise((resolve4) => {
    const lines = new LineSplitter((line) => resolve4(Number(line)));
    child.stdout.on("data", (chunk) => lines.push(chunk));
  });
  const pid = await Promise.race([started, exited]).catch((error2) => {
    throw sshStartError("ssh-agent", error2);
  });
  if (pid === void 0)
    throw new ConfigurationError(
      "ssh-agent ended right after its start on this runner. Usually it can't create its socket: let TMPDIR name a directory on a local disk with free space."
    );
  const env = { ...sshEnvironment(), SSH_AUTH_SOCK: socket };
  const askpass = join11(folder, "askpass");
  const addEnv = {
    ...env,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: "force",
    DISPLAY: ":0",
    // Before OpenSSH 8.4, askpass was only used with a display.
    SEALIFT_PASSPHRASE: passphrase ?? ""
  };
  let addedAt = 0;
  const addKeys = async () => {
    for (const key of keys) {
      await step2.run("ssh-add", ["-q", "-t", String(KEY_LIFETIME), "-"], { env: addEnv, stdin: key }).catch((error2) => {
        throw error2 instanceof CommandError ? unreadableKeyError(key, passphrase, error2) : error2;
      });
    }
    addedAt = performance.now();
  };
  const agent = {
    socket,
    fingerprints: async () => {
      const { stdout } = await step2.run("ssh-add", ["-l"], { env, allowedExitCodes: [1, 2] });
      return stdout.split("\n").filter((line) => line.includes("SHA256:"));
    },
    refresh: async () => {
      if (performance.now() - addedAt > REFRESH_AFTER) await addKeys();
    },
    end: () => {
      child.stdin.end();
      if (child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(pid, "SIGTERM");
      } catch {
      }
    }
  };
  try {
    await writeFile5(askpass, ASKPASS, { mode: 448 });
    await addKeys();
    return agent;
  } catch (error2) {
    agent.end();
    throw error2;
  }
}
function unreadableKeyError(key, passphrase, error2) {
  const options = { evidence: error2.evidence, cause: error2 };
  if (passphrase !== void 0 && !/invalid format|error in libcrypto/.test(error2.stderr)) {
    return new ConfigurationError(
      'ssh-key-passphrase: it does not open the key in "ssh-key". Set the passphrase of that key, or use a key without one (ssh-keygen -p -f KEY removes it).',
      options
    );
  }
  if (key.startsWith("-----BEGIN PRIVATE KEY-----")) {
    return new ConfigurationError(
      `ssh-key: OpenSSH can't read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Create one with: ssh-keygen -t ed25519`,
      options
    );
  }
  const wrongPassphrase = passphrase === void 0 ? "" : ' Or "ssh-key-passphrase" is wrong.';
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key: a part is missing or changed. Set the secret again, from the private key's file.${wrongPassphrase}`,
    options
  );
}

// src/engine/ssh-certificates.ts
var CERTIFICATE = /(?<![^\s"'])(?<type>(?:ssh|ecdsa|sk)-[a-z0-9@.-]*-cert-v01@openssh\.com)\s+(?<base64>AAAA[A-Za-z0-9+/]+={0,2})/g;
function parseSshCertificates(access) {
  const beside = findCertificates("ssh-key", access.privateKey);
  if (access.certificate === void 0) return beside;
  const own = findCertificates("ssh-certificate", access.certificate);
  if (own.length > 0) return [...own, ...beside];
  const found = access.certificate.includes("PRIVATE KEY") ? "this is a private key" : /^(?:ssh-|ecdsa-|sk-)\S+ AAAA/.test(access.certificate.trim()) ? "this is a public key without a certificate" : "this is not an OpenSSH certificate";
  throw new ConfigurationError(
    `ssh-certificate: ${found}. Set the text of the file that your certificate authority made (KEY-cert.pub), which begins like ssh-ed25519-cert-v01@openssh.com.`
  );
}
function findCertificates(input, text) {
  const certificates = unwrapKeyText(text).matchAll(CERTIFICATE);
  return Array.from(certificates, ({ groups }) => ({
    input,
    line: `${groups?.["type"]} ${groups?.["base64"]}
`
  }));
}
async function checkSshCertificates(certificates, agent, step2, now = Date.now()) {
  if (certificates.length === 0) return [];
  const keys = await agent.fingerprints();
  return await Promise.all(certificates.map((each) => checkCertificateOfUser(each, keys, step2, now)));
}
async function checkCertificateOfUser({ input, line }, keys, { run: run2 }, now) {
  const refuse = (problem, cause) => {
    throw new ConfigurationError(`${input}: the certificate ${problem}`, { cause });
  };
  const env = { ...sshEnvironment(), TZ: "UTC" };
  const { stdout } = await run2("ssh-keygen", ["-L", "-f", "-"], { env, stdin: line }).catch(
    (error2) => {
      if (!(error2 instanceof CommandError)) throw error2;
      return refuse("is damaged: OpenSSH can't read it. Set the whole line of the file KEY-cert.pub.", error2);
    }
  );
  const details = parseDetails(stdout);
  const { key, id, validUntil } = details;
  if (/^\s+Type: .* host certificate$/m.test(stdout)) {
    refuse(`"${id}" is for a host, not for a user. Let your authority sign the key for a user (no -h).`);
  }
  if (validUntil !== void 0 && Date.parse(`${validUntil}Z`) <= now) {
    refuse(`"${id}" has expired (${validUntil} UTC). Get a new one in a step right before this one.`);
  }
  if (!keys.some((each) => each.split(" ").includes(key))) {
    const given = keys.map((each) => each.split(" ")[1] ?? each).join(" and ");
    refuse(
      `"${id}" belongs to another key (${key}) than the one in "ssh-key" (${given}). Set the two that belong together.`
    );
  }
  return details;
}
function parseDetails(text) {
  const find = (pattern) => pattern.exec(text)?.groups?.["value"];
  return {
    key: find(/^\s+Public key: \S+ (?<value>\S+)/m) ?? "",
    authority: find(/^\s+Signing CA: \S+ (?<value>\S+)/m) ?? "",
    id: find(/^\s+Key ID: "(?<value>.*)"$/m) ?? "",
    principals: (find(/^\s+Principals: ?\n(?<value>(?:\s{9,}\S.*\n)*)/m) ?? "").split("\n").map((line) => line.trim()).filter((line) => line !== ""),
    validUntil: find(/^\s+Valid: .*(?:to|before) (?<value>\S+)$/m)
  };
}

// src/engine/ssh-config.ts
var RESERVED_KEYWORDS = [
  [
    "StrictHostKeyChecking UserKnownHostsFile GlobalKnownHostsFile KnownHostsCommand UpdateHostKeys VerifyHostKeyDNS NoHostAuthenticationForLocalhost",
    "Sealift always checks host keys, against the lines in known-hosts"
  ],
  [
    "IdentityAgent IdentitiesOnly AddKeysToAgent ForwardAgent",
    "the key comes from ssh-key and must not leave this job"
  ],
  [
    "BatchMode ControlMaster ControlPath ControlPersist LocalForward RemoteForward DynamicForward ClearAllForwardings ExitOnForwardFailure RemoteCommand RequestTTY SessionType StdinNull ForkAfterAuthentication PermitLocalCommand LocalCommand Tunnel",
    "Sealift sets up its one connection itself"
  ]
];
var RESERVED = new Map(
  RESERVED_KEYWORDS.flatMap(
    ([keywords, why]) => keywords.split(" ").map((keyword) => [keyword.toLowerCase(), why])
  )
);
function renderSshConfig(lines, files) {
  const userLines = lines.split(/\r\n|\r|\n/).map((line) => line.trim());
  for (const [index, line] of userLines.entries()) refuseReserved(line, index + 1);
  const jumpHosts = unscopedJumpHosts(userLines);
  return [
    "Host *",
    "  BatchMode yes",
    "  StrictHostKeyChecking yes",
    `  UserKnownHostsFile ${quoted(files.knownHosts)}`,
    "  GlobalKnownHostsFile /dev/null",
    "  UpdateHostKeys no",
    "  VerifyHostKeyDNS no",
    "  NoHostAuthenticationForLocalhost no",
    `  IdentityAgent ${quoted(files.agentSocket)}`,
    ...(files.certificates ?? []).map((path) => `  CertificateFile ${quoted(path)}`),
    "  IdentitiesOnly no",
    "  AddKeysToAgent no",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  ControlMaster no",
    "  ControlPath none",
    "  PermitLocalCommand no",
    "  RequestTTY no",
    // The level that tells of a key that was accepted although the login was refused. More is fine, less is not.
    ...userLines.some((line) => /^"?loglevel"?[\s=]+"?debug/i.test(line)) ? [] : ["  LogLevel VERBOSE"],
    // A ProxyJump for all hosts also applies to the jump host itself; ssh refuses that as a loop.
    ...jumpHosts.length === 0 ? [] : [`Host ${jumpHosts.join(" ")}`, "  ProxyJump none"],
    "Host *",
    USER_LINES,
    ...userLines,
    "Host *",
    "  ServerAliveInterval 5",
    "  ServerAliveCountMax 3",
    "  ConnectTimeout 15",
    // Otherwise ssh would try the keys in the runner's home directory.
    "  IdentityFile none",
    ""
  ].join("\n");
}
var USER_LINES = "# From the input ssh-config:";
function userLine(config, line) {
  const number = line - (config.split("\n").indexOf(USER_LINES) + 1);
  return number >= 1 ? number : void 0;
}
function refuseReserved(line, number) {
  const why = RESERVED.get(keywordOf(line));
  if (why === void 0) return;
  const keyword = /^[^\s=]*/.exec(line)?.[0] ?? line;
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why}. Remove the line.`);
}
function keywordOf(line) {
  return (/^"?(?<keyword>[A-Za-z0-9]+)/.exec(line)?.groups?.["keyword"] ?? "").toLowerCase();
}
function unscopedJumpHosts(lines) {
  const block = lines.findIndex((line) => ["host", "match"].includes(keywordOf(line)));
  return lines.slice(0, block < 0 ? void 0 : block).filter((line) => keywordOf(line) === "proxyjump").map((line) => line.replace(/^"?proxyjump"?\s*[\s=]\s*/i, "").replaceAll('"', "")).flatMap((value) => value.split(",")).map(
    (jump) => jump.trim().replace(/^ssh:\/\//, "").replace(/^.*@/, "")
  ).map((jump) => jump.startsWith("[") ? jump.slice(1).replace(/\].*$/, "") : jump.replace(/:\d+\/?$/, "")).filter((jump) => jump !== "" && jump !== "none");
}
function quoted(path) {
  return `"${path.replaceAll("%", "%%")}"`;
}

// src/engine/ssh-login-failures.ts
var UNREACHABLE_ADVICE = 'Is the server up? Can this runner reach it (firewall, VPN, a ProxyJump in "ssh-config")?';
var COMPARE_ADVICE = 'Compare this key with the output of "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on that server. If they are the same,';
var INPUT_FAILURES = [
  {
    pattern: /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    explain: ({ line, why }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === void 0 ? "" : `line ${number}: `}${why}. See ssh_config(5).`;
    }
  },
  {
    pattern: /^jumphost loop via (?<jump>\S+)/,
    explain: ({ jump }, { name }) => `ssh-config: the ProxyJump for ${name} also applies to the jump host ${jump} itself. Add a block "Host ${jump}" with "ProxyJump none".`
  },
  {
    pattern: /key for (?<host>\S+) is marked as revoked/,
    explain: ({ host }, context) => `known-hosts: the key that ${describeHost(host, context)} presents is marked as @revoked. Sealift did not connect.`
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    explain: ({ host }, context, lines) => {
      const shown = matchLine(lines, /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/)?.["print"] ?? "unknown";
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.["kind"] ?? "";
      const line = matchLine(lines, /Offending .* key in .*:(?<line>\d+)$/)?.["line"];
      const known = line === void 0 ? "" : ` than line ${line} says`;
      return `known-hosts: ${describeHost(host, context)} presents another host key${known}: ${kind} ${shown}. Either the server was set up again, or somebody intercepts the connection. ${COMPARE_ADVICE} replace the line with the new one from "${keyscanCommand(host)}".`;
    }
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    explain: ({ kind, host }, context) => {
      const shown = context.offeredHostKey ?? `a key of the type ${kind}`;
      return `known-hosts: no line is for ${describeHost(host, context)}, which presents ${shown}. ${COMPARE_ADVICE} add the line that "${keyscanCommand(host)}" prints. Sealift did not trust the key and did not connect.`;
    }
  },
  {
    pattern: /^Host key verification failed/,
    explain: (_, { name }) => `known-hosts: the host key of ${name} could not be verified. ssh's own words are below; compare the lines of this host with the output of "ssh-keyscan HOST".`
  }
];
var CLOSED_BEFORE_LOGIN = /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|not match SSH|Bad packet length|invalid characters/;
var WORDS_OF_SSH = /^(?:ssh: |ssh_|kex_|banner |debug|OpenSSH_|Warning: |Authenticated |Authentications |Transferred: |Bytes per second: |Connection |Disconnected |Received disconnect|Permission denied|Killed by signal|client_loop|stdio forwarding|channel \d+:|mux_)/;
var HOST_FAILURES = [
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host, methods }, context, lines) => {
      const account = user === void 0 ? "the user" : `the user ${user}`;
      const refused = `${jumpHostPrefix(host, context)}the login was refused: `;
      const keys = context.keys.map((key) => key.split(" ")[1] ?? key).join(" and ") || "no key";
      if (wasKeyAccepted(lines)) {
        return `${refused}${account} accepts the key in "ssh-key" (${keys}), but the server asks for more after it (${methods ?? "a second factor"}), and nobody can answer in a job. Use a user who logs in with the key alone; in sshd_config: "Match User ${user ?? "USER"}", and below it "AuthenticationMethods publickey".`;
      }
      const [certificate] = context.certificates;
      if (certificate !== void 0) {
        return `${refused}${account} accepts neither the key in "ssh-key" (${keys}) nor its certificate ${describeCertificate(certificate)}. Does sshd there trust the authority ${certificate.authority} (TrustedUserCAKeys), and is ${user ?? "the user"} one of its principals? Or change the user in ${inputWith(host, context)}.`;
      }
      return `${refused}${account} does not accept the key in "ssh-key" (${keys}). Add its public key to ~/.ssh/authorized_keys of that user on the server, or change the user in ${inputWith(host, context)}.`;
    }
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => 'the login was refused after too many keys. Set only the key of this user in "ssh-key".'
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) => `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled correctly in ${inputWith(host, context)}? Does the runner's DNS know it?`
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const advice = why === "Connection refused" ? `No SSH server listens on port ${port} there. Is the port in ${inputWith(host, context)} right? Is sshd running?` : UNREACHABLE_ADVICE;
      return `${jumpHostPrefix(host, context)}could not be reached: port ${port} of ${host}: ${why}. ${advice}`;
    }
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () => 'the jump host refuses to forward the connection. Set AllowTcpForwarding in its sshd_config to "yes" or "local".'
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why }) => `the jump host could not reach it: ${why}. Are host and port in "hosts" right, as seen from the jump host?`
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) => `the server and the runner have no SSH algorithm in common (${why}). The server's OpenSSH is old: update it, or allow its algorithms in "ssh-config".`
  },
  {
    pattern: new RegExp(`timed out|${CLOSED_BEFORE_LOGIN.source}`, "i"),
    explain: (_, { settings }, lines) => {
      if (settings.proxyCommand === void 0) return void 0;
      const words = lines.filter((line) => !WORDS_OF_SSH.test(line));
      const what = matchLine(lines, /^Connection .*timed out/) ? "reached no SSH server in time" : "ended before the login";
      const printed = words.length === 0 ? ", and printed nothing" : `: ${shorten(oneLine(words.slice(-3).join(" · ")), 500)}`;
      const advice = words.some((line) => /not found|No such file/i.test(line)) ? "Install the program in an earlier step." : 'If it needs variables of this step, name them in "ssh-env".';
      return `the ProxyCommand in "ssh-config" ${what}${printed}. ${advice}`;
    }
  },
  {
    pattern: /timed out/i,
    explain: () => `the SSH server did not answer in time. ${UNREACHABLE_ADVICE}`
  },
  {
    pattern: CLOSED_BEFORE_LOGIN,
    mayPass: true,
    explain: () => "the connection was closed before the login. Does an SSH server listen on that port? Does it accept connections from this runner (fail2ban, MaxStartups, AllowUsers, a firewall)?"
  }
];
function findExplanation(failures, lines, context) {
  for (const { pattern, explain, mayPass = false } of failures) {
    const groups = matchLine(lines, pattern);
    const text = groups && explain(groups, context, lines);
    if (text !== void 0) return { text, mayPass };
  }
  return void 0;
}
function wasKeyAccepted(lines) {
  const refused = lines.findIndex((line) => /Permission denied/.test(line));
  const before = lines.slice(0, refused);
  const loggedInElsewhere = before.findLastIndex((line) => line.startsWith("Authenticated to "));
  return before.slice(loggedInElsewhere + 1).some((line) => /with partial success/.test(line));
}
function describeCertificate({ id, principals, validUntil }) {
  const users = principals.length === 0 ? "for any user" : `for ${principals.join(", ")}`;
  return `"${id}" (${users}; valid ${validUntil === void 0 ? "for ever" : `until ${validUntil} UTC`})`;
}
function matchLine(lines, pattern) {
  const match = lines.map((line) => pattern.exec(line)).find((each) => each !== null);
  return match && (match.groups ?? {});
}
var HOST_WITH_PORT = /^\[(.*)\]:(\d+)$/;
var isJumpHost = (host, { settings }) => host !== void 0 && (settings.jumps || settings.proxyCommand !== void 0) && !settings.names.includes(host.replace(HOST_WITH_PORT, "$1"));
function describeHost(host = "", context) {
  return `${host} (${isJumpHost(host, context) ? "jump host of " : ""}${context.name})`;
}
function inputWith(host, context) {
  return isJumpHost(host, context) ? '"ssh-config"' : '"hosts"';
}
function jumpHostPrefix(host, context) {
  return isJumpHost(host, context) ? `jump host ${host}: ` : "";
}
function keyscanCommand(host = "HOST") {
  const [, hostname = host, port] = HOST_WITH_PORT.exec(host) ?? [];
  return `ssh-keyscan ${port === void 0 ? "" : `-p ${port} `}${hostname}`;
}

// src/engine/ssh-errors.ts
function sshLoginError(stderrLines, context) {
  const lines = withoutDebug(stderrLines);
  const options = { evidence: lines.slice(-12) };
  const inputFailure = findExplanation(INPUT_FAILURES, lines, context);
  if (inputFailure !== void 0) return new ConfigurationError(inputFailure.text, options);
  const hostFailure = findExplanation(HOST_FAILURES, lines, context);
  return new HostError(context.name, hostFailure?.text ?? unknownFailure(lines, context), options);
}
function mayLoginPass(stderrLines, context) {
  const lines = withoutDebug(stderrLines);
  if (findExplanation(INPUT_FAILURES, lines, context) !== void 0) return false;
  return findExplanation(HOST_FAILURES, lines, context)?.mayPass === true;
}
function unknownFailure(lines, { exitCode }) {
  const last = lines.findLast((line) => !line.startsWith("Authenticated "));
  if (exitCode === void 0 || exitCode === 255) return `ssh failed: ${last ?? "it printed nothing"}`;
  const printed = last === void 0 ? "" : ` ("${last}")`;
  return `the login worked, but the server does not run a command for this user${printed}. Give the user a shell (usermod --shell /bin/sh USER), and set no ForceCommand or command="…" for this key that allows less than "docker system dial-stdio".`;
}
function sshShellError({ name, user }, lines, seconds) {
  const printed = lines.filter((line) => !WORDS_OF_SSH.test(line) && line.trim() !== "");
  const last = printed.at(-1);
  const words = last === void 0 ? "It printed nothing." : `It printed "${shorten(oneLine(last), 200)}".`;
  return new HostError(
    name,
    `the login worked, but the shell of ${user ?? "the user"} did not run a command within ${seconds} s. ${words} Its start-up files (~/.bashrc, ~/.profile, /etc/profile.d and others) must stay quiet and ask nothing in a session that is not interactive. In bash: begin ~/.bashrc with "case $- in *i*) ;; *) return ;; esac".`,
    { evidence: printed }
  );
}
function sshLostError(stderrLines, name, end) {
  const lines = withoutDebug(stderrLines);
  const reason = matchLine(lines, /^Timeout, server .* not responding/) !== void 0 ? "the server did not answer for 15 s. The network or the server is down." : matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== void 0 ? "the server closed it. Was sshd or the server restarted?" : `ssh ${end}.`;
  return new HostError(name, `the SSH connection was lost: ${reason}`, { evidence: lines.slice(-5) });
}
function withoutDebug(lines) {
  const unimportant = /^(?:debug|Transferred: |Bytes per second: )/;
  return lines.filter((line) => !unimportant.test(line) && line.trim() !== "");
}

// src/engine/ssh-folder.ts
import { mkdtemp as mkdtemp2, rm as rm3, writeFile as writeFile6 } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as join12 } from "node:path";

// src/engine/known-hosts.ts
var MARKERS = /* @__PURE__ */ new Set(["@cert-authority", "@revoked"]);
var KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;
function parseKnownHosts(text) {
  const hosts = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line, index) => ({ number: index + 1, line: line.trim() })).filter(({ line }) => line !== "" && !line.startsWith("#"));
  for (const { number, line } of hosts) {
    const mistake = findMistake(line);
    if (mistake !== void 0) throw malformedLine(number, mistake);
  }
  if (hosts.length > 0) return hosts;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" in a network that you trust, and set its output.'
  );
}
function renderKnownHosts(hosts) {
  const lines = [];
  for (const { number, line } of hosts) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? "").join("\n")}
`;
}
async function checkKnownHosts(hosts, step2) {
  if (await countReadableKeys(hosts, step2) === hosts.length) return;
  for (const host of hosts) {
    if (await countReadableKeys([host], step2) > 0) continue;
    const mistake = "has a key that OpenSSH can't read: it is cut off, damaged, or of another type than the line says";
    throw malformedLine(host.number, mistake);
  }
}
async function countReadableKeys(hosts, step2) {
  const stdin = hosts.map(({ line }) => `${line.replace(/^@\S+\s+/, "")}
`).join("");
  try {
    const { stdout } = await step2.run("ssh-keygen", ["-l", "-f", "-"], { env: sshEnvironment(), stdin });
    return stdout.split("\n").filter(Boolean).length;
  } catch (error2) {
    if (error2 instanceof CommandError) return 0;
    throw error2;
  }
}
function findMistake(line) {
  const words = line.split(/[ \t]+/);
  if (line.startsWith("@") && !MARKERS.has(words[0] ?? "")) {
    return "begins with a marker other than @cert-authority and @revoked";
  }
  const [hosts = "", type, key] = words.slice(line.startsWith("@") ? 1 : 0);
  if (KEY_TYPE.test(hosts) && type?.startsWith("AAAA"))
    return "is a public key without the name of its host before it";
  if (line.includes("PRIVATE KEY")) return "belongs to a private key, which must never be in this input";
  if (type === void 0) return "is a single word";
  if (!KEY_TYPE.test(type)) return "has no type of key as its second word";
  return key === void 0 ? "has no key" : void 0;
}
function malformedLine(number, mistake) {
  return new ConfigurationError(
    `known-hosts: line ${number} ${mistake}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`
  );
}

// src/engine/ssh-folder.ts
var MAX_FOLDER_LENGTH = 75;
async function makeSshFolder(access, certificates, step2) {
  const hosts = parseKnownHosts(access.knownHosts);
  const path = await privateFolder(step2.folder);
  const remove2 = () => rm3(path, { recursive: true, force: true });
  const certificateFiles = certificates.map((certificate, index) => ({
    path: join12(path, `key${index}-cert.pub`),
    text: certificate.line
  }));
  const knownHosts = join12(path, "known_hosts");
  const configFile2 = join12(path, "config");
  try {
    const config = renderSshConfig(access.config, {
      knownHosts,
      agentSocket: join12(path, "agent"),
      certificates: certificateFiles.map((file) => file.path)
    });
    const files = [
      { path: knownHosts, text: renderKnownHosts(hosts) },
      { path: configFile2, text: config },
      ...certificateFiles
    ];
    await Promise.all(files.map((file) => writeFile6(file.path, file.text, { mode: 384 })));
    await checkKnownHosts(hosts, step2);
    return { path, configFile: configFile2, config, remove: remove2 };
  } catch (error2) {
    await remove2();
    throw error2;
  }
}
async function privateFolder(parent) {
  const fits = (path) => Buffer.byteLength(path) <= MAX_FOLDER_LENGTH;
  const folder = await mkdtemp2(
    fits(join12(parent, "hXXXXXX")) ? join12(parent, "h") : join12(tmpdir(), "sealift-")
  );
  if (fits(folder)) return folder;
  await rm3(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The path of the runner's directory for temporary files is too long for a socket: ${folder}. Set TMPDIR to a shorter one.`
  );
}

// src/engine/ssh-master.ts
import { spawn as spawn3 } from "node:child_process";
function startSshMaster(args, { command, environment, onLine }) {
  const marker = makeShellMarker();
  const options = ["-M", "-o", "PermitLocalCommand=yes", "-o", `LocalCommand=${marker.command}`];
  const argv = command === void 0 ? [...options, "-N", ...args] : [...options, ...args, command];
  const child = spawn3("ssh", argv, { env: environment, stdio: "pipe" });
  const stopKeeper = command === void 0 ? keepToThisProcess(child.pid) : () => void 0;
  const stderr = new Tail(60);
  const lines = new LineSplitter((line) => {
    stderr.push(line);
    onLine(line);
  });
  child.stderr.on("data", (chunk) => lines.push(chunk));
  child.stdin.on("error", () => void 0);
  const ended = new Promise((resolve4) => {
    child.once("close", (code) => {
      lines.end();
      stopKeeper();
      resolve4(code ?? void 0);
    });
  });
  const loggedIn = new Promise((resolve4, reject) => {
    const search = new MarkerSearch(marker.pattern);
    child.stdout.on("data", (chunk) => {
      if (search.push(chunk) !== void 0) resolve4(true);
    });
    child.once("error", (error2) => reject(sshStartError("ssh", error2)));
    void ended.then(() => resolve4(false));
  });
  const kill = () => {
    child.stdin.end();
    child.kill();
  };
  return { stdin: child.stdin, stdout: child.stdout, stderr, loggedIn, ended, kill };
}
function keepToThisProcess(pid) {
  if (pid === void 0) return () => void 0;
  const keeper = spawn3("sh", ["-c", 'cat >/dev/null; kill "$0"', String(pid)], {
    stdio: ["pipe", "ignore", "ignore"]
  });
  keeper.on("error", () => void 0);
  keeper.stdin.on("error", () => void 0);
  return () => {
    keeper.kill("SIGKILL");
    keeper.stdin.destroy();
  };
}

// src/engine/ssh-settings.ts
function plainSettings({ hostname, port = 22 }) {
  return { names: [hostname], jumps: false, proxyCommand: void 0, firstHop: `${hostname}:${port}` };
}
var MOST_JUMPS = 8;
async function readSshSettings(target, configFile2, environment, { run: run2 }) {
  const ask2 = async (of) => {
    try {
      const { stdout } = await run2("ssh", ["-G", "-F", configFile2, ...hostArguments(of)], {
        env: environment
      });
      return parseSettings(stdout);
    } catch (error2) {
      if (error2 instanceof CommandError) return /* @__PURE__ */ new Map();
      throw error2;
    }
  };
  const settings = await ask2(target);
  return {
    names: [target.hostname, settings.get("hostname"), settings.get("hostkeyalias")].filter(
      (name) => name !== void 0
    ),
    jumps: settings.has("proxyjump"),
    proxyCommand: settings.get("proxycommand"),
    firstHop: await firstHop(target, settings, ask2)
  };
}
async function firstHop(target, settings, ask2) {
  let [host, known] = [target, settings];
  for (let jumps = 0; jumps < MOST_JUMPS; jumps += 1) {
    const jump = known.get("proxyjump")?.split(",")[0];
    if (jump === void 0) break;
    host = parseJump(jump);
    known = await ask2(host);
  }
  const port = known.get("port") ?? host.port ?? 22;
  return known.get("proxycommand") ?? `${known.get("hostname") ?? host.hostname}:${port}`;
}
function parseSettings(text) {
  const settings = /* @__PURE__ */ new Map();
  for (const line of text.split("\n")) {
    const [keyword = "", ...words] = line.split(" ");
    const value = words.join(" ");
    if (value !== "" && value !== "none" && !settings.has(keyword)) settings.set(keyword, value);
  }
  return settings;
}
function parseJump(text) {
  const { user, bracketed, host, port } = /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>\d+))?\/?$/.exec(
    text
  )?.groups ?? {};
  return { user, hostname: bracketed ?? host ?? text, port: port === void 0 ? void 0 : Number(port) };
}
function hostArguments({ user, hostname, port }) {
  const login = user === void 0 ? [] : ["-l", user];
  return [...login, ...port === void 0 ? [] : ["-p", String(port)], "--", hostname];
}
async function findOfferedHostKey(stderrLines, login, environment, { run: run2 }) {
  if (!stderrLines.some((line) => /^No \S+ host key is known for/.test(line))) return void 0;
  const { stderr } = await run2("ssh", ["-v", ...login, "true"], {
    env: environment,
    allowedExitCodes: Array.from({ length: 256 }, (_, code) => code)
  });
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.["key"];
}

// src/engine/ssh-shell.ts
var SHELL_LIMITS = { login: 6e4, shell: 2e4, greeting: 1e3 };
function startShellLogin(args, options, limits = SHELL_LIMITS) {
  const marker = makeShellMarker();
  const command = `${marker.command}; exec cat >/dev/null`;
  const master = startSshMaster(args, { ...options, command });
  const shell = new MarkerSearch(marker.pattern);
  const engine = new MarkerSearch(ENGINE_ANSWER);
  const timers = /* @__PURE__ */ new Set();
  const outcome = new Promise((resolve4, reject) => {
    const after = (milliseconds, action) => timers.add(setTimeout(action, milliseconds));
    master.stdout.on("data", (chunk) => {
      if (shell.push(chunk) !== void 0) resolve4("runs");
      else if (engine.push(chunk) !== void 0) resolve4("engine");
    });
    after(limits.login, () => resolve4("no login"));
    master.loggedIn.then((worked) => {
      if (!worked) return;
      clearAll(timers);
      after(limits.greeting, () => master.stdin.write(ENGINE_GREETING));
      after(limits.shell, () => resolve4("silent"));
    }, reject);
    void master.ended.then(() => resolve4("ended"));
  }).finally(() => clearAll(timers));
  const printed = () => plainText(shell.textBefore).split("\n").map((line) => line.trim()).filter((line) => line !== "" && !/^sealift-[0-9a-f]{16}$/.test(line)).slice(-PRINTED_LINES);
  return { ...master, outcome, printed };
}
var PRINTED_LINES = 8;
function clearAll(timers) {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
}

// src/engine/ssh-host.ts
var NO_LOGIN = `Connection timed out: no login within ${SHELL_LIMITS.login / 1e3} s`;
var ENGINE_SOCKET = "/var/run/docker.sock";
var LOGIN_RETRIES = { attempts: 5, firstWait: 1e3, longestWait: 8e3 };
async function prepareSshHost(address, access, step2) {
  const privateKeys = parsePrivateKeys(access.privateKey, access.passphrase);
  const certificates = parseSshCertificates(access);
  const environment = sshEnvironment(access.variables);
  const folder = await makeSshFolder(access, certificates, step2);
  let agent;
  try {
    agent = await startSshAgent(folder.path, privateKeys, access.passphrase, step2);
    const details = await checkSshCertificates(certificates, agent, step2);
    const settings = access.config.trim() === "" ? plainSettings(address) : await readSshSettings(address, folder.configFile, environment, step2);
    return new SshHost(address, step2, { folder, agent, certificates: details, settings, environment });
  } catch (error2) {
    agent?.end();
    await folder.remove();
    throw error2;
  }
}
var SshHost = class {
  address;
  environment;
  #step;
  #parts;
  #masters = [];
  #lost = Promise.withResolvers();
  #logins = 0;
  #closing = false;
  constructor(address, step2, parts) {
    this.address = address;
    this.environment = parts.environment;
    this.#step = step2;
    this.#parts = parts;
  }
  /** Resolves when a connection was lost. */
  get disconnected() {
    return this.#lost.promise;
  }
  /** The path of a socket in the private folder. */
  socketPath(name) {
    return join13(this.#parts.folder.path, name);
  }
  /**
   * Logs in and forwards a private local socket to the engine's. The session beside it, whose stdin this process holds, ends
   * ssh and the command on the server, even when this process is killed.
   *
   * @throws ConfigurationError or HostError that says what to change
   */
  async logIn() {
    const socketPath2 = this.socketPath("engine");
    const forwarding = ["-L", `${socketPath2}:${ENGINE_SOCKET}`];
    for (const option of [
      "ExitOnForwardFailure=yes",
      "StreamLocalBindUnlink=yes",
      "StreamLocalBindMask=0177"
    ])
      forwarding.push("-o", option);
    return await this.#inTurn(async (control, options) => {
      const login = startShellLogin([...forwarding, ...this.#arguments(control)], options);
      const outcome = await login.outcome;
      if (outcome === "runs") {
        const tunnel = { ...this.#keep(login, control), socketPath: socketPath2 };
        return { kind: "shell", tunnel };
      }
      if (outcome === "no login") login.stderr.push(NO_LOGIN);
      const said = [...login.stderr.lines, ...login.printed()];
      login.kill();
      const exitCode = await login.ended;
      if (outcome === "silent") throw sshShellError(this.address, said, SHELL_LIMITS.shell / 1e3);
      for (const line of login.printed()) login.stderr.push(line);
      if (outcome === "engine" || await login.loggedIn)
        return { kind: "no shell", stderr: login.stderr.lines };
      throw await this.#loginError(login, exitCode);
    });
  }
  /** Logs in without a session: all that sshd gives are free for engines. */
  async logInAgain() {
    return await this.#inTurn(async (control, options) => {
      const login = startSshMaster(this.#arguments(control), { ...options, command: void 0 });
      const deadline = setTimeout(() => {
        login.stderr.push(NO_LOGIN);
        login.kill();
      }, SHELL_LIMITS.login);
      const worked = await login.loggedIn.finally(() => clearTimeout(deadline));
      if (worked) return this.#keep(login, control);
      throw await this.#loginError(login, await login.ended);
    });
  }
  /** The error for a login whose session is of no use, from what the server printed instead. */
  async errorWithoutCommand(lines) {
    return sshLoginError(lines, await this.#context(1, void 0));
  }
  /** From now on nobody can log in. What is logged in stays so. */
  forgetKeys() {
    this.#parts.agent.end();
  }
  async close() {
    this.#closing = true;
    this.forgetKeys();
    for (const master of this.#masters) master.kill();
    await Promise.all(this.#masters.map((master) => master.ended));
    await this.#parts.folder.remove();
  }
  /** Runs a login when it is this host's turn, and again while the server has no room for it. */
  async #inTurn(logIn) {
    const { agent, settings, environment } = this.#parts;
    const { log } = this.#step;
    const { name } = this.address;
    const attempt = async () => {
      const leave = await enterLoginQueue(settings.firstHop);
      try {
        await agent.refresh();
        const onLine = (line) => {
          if (line.startsWith("Authenticated to ")) leave();
          log.debug(`${name}: ssh: ${line}`);
        };
        this.#logins += 1;
        return await logIn(this.socketPath(`ctl${this.#logins}`), { environment, onLine });
      } finally {
        leave();
      }
    };
    return await retryTransient(`The login at ${name}`, attempt, {
      log,
      retryPolicy: LOGIN_RETRIES,
      signal: void 0
    });
  }
  #arguments(control) {
    return ["-S", control, "-F", this.#parts.folder.configFile, "-T", ...hostArguments(this.address)];
  }
  #keep(master, control) {
    this.#masters.push(master);
    void master.ended.then((code) => {
      const end = code === void 0 ? "was ended by a signal" : `ended with exit code ${code}`;
      if (!this.#closing) this.#lost.resolve(sshLostError(master.stderr.lines, this.address.name, end));
    });
    const ownWay = ["-o", "ProxyCommand=false", "-o", "ProxyUseFdpass=no"];
    return { sessionArguments: [...ownWay, ...this.#arguments(control)], stderr: master.stderr };
  }
  async #loginError({ stderr }, exitCode) {
    const { folder } = this.#parts;
    const login = ["-F", folder.configFile, "-T", ...hostArguments(this.address)];
    const offered = await findOfferedHostKey(stderr.lines, login, this.environment, this.#step);
    const context = await this.#context(exitCode, offered);
    const error2 = sshLoginError(stderr.lines, context);
    const reason = "the server closed the connection before the login.";
    return mayLoginPass(stderr.lines, context) ? new TransientError(error2, { reason }) : error2;
  }
  async #context(exitCode, offeredHostKey) {
    const { settings, agent, certificates, folder } = this.#parts;
    const { name } = this.address;
    const keys = await agent.fingerprints();
    return { name, settings, keys, certificates, config: folder.config, exitCode, offeredHostKey };
  }
};

// src/engine/connect.ts
async function connect(address, access, step2, networkRange) {
  return new DockerEngine(await openConnection(address, access, step2), networkRange);
}
async function connectToSwarm(address, access, step2) {
  return new DockerSwarm(await openConnection(address, access, step2));
}
async function openConnection(address, access, step2) {
  if (address.kind === "unix") {
    const client = new EngineClient(address.name, unixTransport(address.path));
    return socketConnection(client, address.path, () => Promise.resolve());
  }
  if (address.kind === "tcp") {
    if (access.tls === void 0) throw missingInputs(address, "tls-ca, tls-cert and tls-key");
    return await connectOverTcp(address, access.tls, step2);
  }
  if (access.ssh === void 0) throw missingInputs(address, "ssh-key and known-hosts");
  return await connectOverSsh(address, access.ssh, step2);
}
function missingInputs({ name }, inputs) {
  return new ConfigurationError(`${inputs}: missing, and required for ${name}.`);
}
async function connectOverTcp(address, tls, step2) {
  checkTls(tls);
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const version = await negotiateApiVersion(client);
  const files = await writeTlsFiles(step2.folder, tls);
  const { hostname: host, port } = address;
  const stopHeartbeat = startHeartbeat(client, { host, port, ...tls, agent: tcpAgent(address, {}) });
  const close = () => {
    stopHeartbeat();
    return files.remove();
  };
  const cliEnvironment = {
    DOCKER_HOST: address.name,
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: files.folder
  };
  return { client, version, cliEnvironment, close };
}
async function connectOverSsh(address, ssh, step2) {
  const host = await prepareSshHost(address, ssh, step2);
  try {
    const login = await host.logIn();
    if (login.kind === "shell") {
      const client = sshClient(host, login.tunnel.socketPath);
      try {
        return await socketConnection(client, login.tunnel.socketPath, () => host.close());
      } catch (error2) {
        if (!isBrokenCall(error2)) throw error2;
        client.disconnect(error2);
      }
    }
    return await connectOverDialStdio(host, login, step2);
  } catch (error2) {
    await host.close();
    throw error2;
  } finally {
    host.forgetKeys();
  }
}
var DIAL_SOCKETS = 4;
async function connectOverDialStdio(host, login, step2) {
  const { slots, command } = await openEngineSessions(host, login, step2);
  const { environment } = host;
  const dial2 = await openDialStdio(host.socketPath("dial"), { slots, command, environment });
  const close = async () => {
    await host.close();
    await dial2.close();
  };
  const client = sshClient(host, dial2.socketPath, DIAL_SOCKETS);
  try {
    return await socketConnection(client, dial2.socketPath, close);
  } catch (error2) {
    await dial2.close();
    if (!isBrokenCall(error2)) throw error2;
    const forwarding = login.kind === "shell" ? login.tunnel.stderr.lines : [];
    throw sshEngineError(host.address, { forwarding, dialing: dial2.output.lines }, error2);
  }
}
function sshClient(host, path, sockets) {
  const client = new EngineClient(host.address.name, tunnelTransport(path, sockets));
  void host.disconnected.then((error2) => client.disconnect(error2));
  return client;
}
async function socketConnection(client, path, close) {
  const version = await negotiateApiVersion(client);
  const cliEnvironment = { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
  return { client, version, cliEnvironment, close };
}
function isBrokenCall(error2) {
  return error2 instanceof HostError && error2.cause instanceof Error && "code" in error2.cause;
}

// src/swarm/open-swarm.ts
async function openManager({ hosts, access }, step2) {
  const failures = [];
  for (const address of hosts) {
    try {
      const swarm = await connectToSwarm(address, access, step2);
      try {
        requireManager(swarm.host, await swarm.swarmNode());
        if (failures.length > 0)
          step2.log.notice(`${swarm.host} is used, because ${failures.map(messageOf).join(" · ")}`);
        return swarm;
      } catch (error2) {
        await swarm[Symbol.asyncDispose]();
        throw error2;
      }
    } catch (error2) {
      failures.push(error2);
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `None of the ${hosts.length} hosts can be used as a manager: ${failures.map(messageOf).join(" · ")}`,
    { evidence: failures.flatMap((error2) => error2 instanceof SealiftError ? error2.evidence : []) }
  );
}
function requireManager(host, { state, isManager, managers, error: error2 }) {
  if (state === "active" && isManager) return;
  if (state === "active") {
    const known = managers.length === 0 ? "a manager" : `a manager (${managers.join(", ")})`;
    throw new HostError(host, `it is a worker of its swarm, which can't be asked. Name ${known} in "hosts".`);
  }
  if (state === "inactive") {
    throw new HostError(
      host,
      'it is not in a swarm. Make one ("docker swarm init"), or remove orchestrator: swarm to deploy to this engine alone.'
    );
  }
  const why = error2 === "" ? "" : `: ${error2}`;
  throw new HostError(
    host,
    `its swarm can't be used, it is ${state}${why}. Look at "docker info" and "docker node ls" there.`
  );
}

// src/swarm/manager-connection.ts
var SEARCH_TIME = 6e4;
var SEARCH_INTERVAL = 2e3;
var ManagerConnection = class {
  #open;
  #step;
  #swarm;
  #search;
  constructor(swarm, open, step2) {
    this.#swarm = swarm;
    this.#open = open;
    this.#step = step2;
  }
  /** The manager that is asked now. */
  get host() {
    return this.#swarm.host;
  }
  /** @param operation may be run again, after it was cut short by a lost connection */
  async use(operation) {
    const swarm = await this.#connected();
    try {
      return await operation(swarm);
    } catch (error2) {
      if (!swarm.disconnected.aborted) throw error2;
      return await operation(await this.#connected());
    }
  }
  /** The same for what must not run twice. */
  async once(operation) {
    return await operation(await this.#connected());
  }
  async [Symbol.asyncDispose]() {
    await this.#swarm[Symbol.asyncDispose]();
  }
  async #connected() {
    if (!this.#swarm.disconnected.aborted) return this.#swarm;
    this.#search ??= this.#reconnect().finally(() => {
      this.#search = void 0;
    });
    return await this.#search;
  }
  async #reconnect() {
    const lost = this.#swarm;
    this.#step.log.info(`${messageOf(lost.disconnected.reason)} Looking for a manager again.`);
    await Promise.allSettled([lost[Symbol.asyncDispose]()]);
    const end = performance.now() + SEARCH_TIME;
    for (; ; ) {
      try {
        this.#swarm = await this.#open();
        this.#step.log.info(`Connected to ${this.#swarm.host}.`);
        return this.#swarm;
      } catch (error2) {
        if (performance.now() > end) throw error2;
        await pause(SEARCH_INTERVAL);
      }
    }
  }
};
async function connectToManagers(destination, step2) {
  const open = () => openManager(destination, step2);
  return new ManagerConnection(await open(), open, step2);
}

// src/model/identifiers.ts
var RELEASE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
function isReleaseId(text) {
  return RELEASE_ID.test(text);
}
function parseReleaseId(text) {
  if (isReleaseId(text)) return text;
  throw new Error(`"${text}" can't be the id of a release.`);
}
function hostName(url) {
  return url;
}

// src/swarm/converge.ts
import { setTimeout as pause2 } from "node:timers/promises";

// src/swarm/judge-service.ts
function judgeService(service, tasks, nodes, wanted, known = /* @__PURE__ */ new Set()) {
  const own = tasks.filter(({ serviceId }) => serviceId === service.id);
  const definition = wanted === void 0 ? service.containerLabels[LABEL.definition] : wanted.definition;
  const isCurrent = (task) => task.labels[LABEL.definition] === definition && task.jobIteration === service.jobIteration;
  const current = own.filter(isCurrent);
  const failed = current.filter((task) => hasFailedTask(service, task) && !known.has(task.id));
  const counts = countTasks(service, own, current);
  const problem = problemOf(current, failed, nodes);
  const refusal = wanted === void 0 ? void 0 : whyNotWanted(service, wanted);
  const given = refusal ?? whyGivenUp(service);
  if (given !== void 0) {
    const why = problem === void 0 ? given : `${given}; ${problem}`;
    return { kind: "failed", counts, why };
  }
  const isJob = service.mode.endsWith("job");
  const old = own.filter(
    (task) => !isCurrent(task) && task.desiredState === "running" && !taskHasEnded(task.state)
  );
  const isWhole = counts.ready === counts.wanted && (isJob || old.length === 0 && service.update.state !== "updating");
  if (!isWhole) {
    const pulling = current.some(({ state }) => state === "preparing");
    return { kind: "pending", counts, problem, failures: failed.length, pulling };
  }
  const ready = current.filter((task) => isReadyTask(service, task)).map(({ id }) => id);
  return {
    kind: "whole",
    counts,
    tasks: ready.sort(),
    watched: isJob || service.update.state === "completed"
  };
}
function whyNotWanted(service, { release, image }) {
  const { [LABEL.release]: found = "something else" } = service.labels;
  const { state = "", message } = service.update;
  if (found === release && service.image === image) return void 0;
  if (state.startsWith("rollback")) return `the swarm rolled it back by itself (${message})`;
  return `it has the definition of ${found} again: the swarm rolled it back by itself, or another run has changed it`;
}
function whyGivenUp({ update }) {
  const { state, message } = update;
  if (state === "paused") return `the swarm gave its update up (${message})`;
  return state?.startsWith("rollback") === true ? `the swarm rolled it back by itself (${message})` : void 0;
}
function countTasks(service, own, current) {
  const ready = current.filter((task) => isReadyTask(service, task));
  if (service.mode === "replicated" || service.mode === "replicated-job")
    return { wanted: service.replicas, ready: ready.length };
  const isMeant = ({ desiredState }) => service.mode === "global-job" ? desiredState === "complete" : desiredState === "running" || desiredState === "ready";
  const meant = service.mode === "global-job" ? current.filter(isMeant) : own.filter(isMeant);
  return { wanted: new Set(meant.map(({ nodeId }) => nodeId)).size, ready: ready.length };
}
function isReadyTask({ mode, restartsWhenDone }, { state, desiredState }) {
  if (mode.endsWith("job")) return state === "complete";
  if (state === "complete" && !restartsWhenDone) return true;
  return state === "running" && desiredState === "running";
}
function hasFailedTask(service, task) {
  if (task.state === "failed" || task.state === "rejected" || task.state === "orphaned") return true;
  return task.state === "complete" && !isReadyTask(service, task);
}
function problemOf(current, failed, nodes) {
  const waiting = current.filter(({ state }) => !taskHasEnded(state) && state !== "running");
  const refused = waiting.filter(({ error: error2 }) => error2 !== "");
  const [newest] = [...failed, ...refused].toSorted(
    (one, other) => other.createdAt.localeCompare(one.createdAt)
  );
  if (newest !== void 0) return taskProblem(newest, nodes);
  const unhealthy = waiting.find(({ state }) => state === "starting");
  return unhealthy === void 0 ? void 0 : `on ${nodes.get(unhealthy.nodeId) ?? "its node"}: started, but its HEALTHCHECK has not succeeded yet`;
}
function taskProblem({ nodeId, error: error2, exitCode, state }, nodes) {
  const node = nodes.get(nodeId);
  const ended = exitCode === void 0 ? state : exitCode === 0 ? "it ended with exit code 0 (by itself, or because its HEALTHCHECK failed and the swarm stopped it)" : `it ended with exit code ${exitCode}`;
  return `${node === void 0 ? "" : `on ${node}: `}${error2 === "" ? ended : error2}`;
}

// src/swarm/converge.ts
var INTERVAL = 500;
var WATCH_TIME = 5e3;
var SHORT_WATCH_TIME = 1e3;
var REPEAT = 1e4;
var FAILURE_TOLERANCE = 1e4;
var PULL_LIMIT = 6e5;
var MAX_FAILURES = 3;
async function convergeServices(convergence, wait) {
  const { stack, wanted, look } = convergence;
  const startedAt = performance.now();
  const watches = /* @__PURE__ */ new Map();
  let told = { text: "", at: startedAt };
  for (; ; ) {
    wait.signal.throwIfAborted();
    const { services, tasks, nodes } = await look();
    const now = performance.now();
    const judged = [...wanted].map(([name, each]) => {
      const service = services.find((one) => one.name === `${stack}_${name}`);
      const verdict = verdictOf(service, each, tasks, nodes, convergence);
      const watch2 = watches.get(name) ?? newWatch(now);
      watches.set(name, watch2);
      noteProgress(watch2, verdict, now);
      return { name, service, verdict, watch: watch2 };
    });
    const failures = judged.flatMap(({ name, service, verdict, watch: watch2 }) => {
      const why = whyFailed(verdict, watch2, service, convergence, now - startedAt, now);
      return why === void 0 ? [] : [`${name} did not converge: ${why}`];
    });
    if (failures.length > 0) throw new SealiftError(failures.join(" · "));
    const text = judged.map(({ name, verdict }) => progressText(name, verdict)).join(", ");
    const isDone = judged.every(({ verdict, watch: watch2 }) => hasSettled(verdict, watch2, convergence, now));
    if (isDone) return text;
    if (text !== told.text || now - told.at >= REPEAT) {
      wait.onProgress(`${text}  after ${formatDuration(now - startedAt)}`);
      told = { text, at: now };
    }
    await pause2(INTERVAL, void 0, { signal: wait.signal }).catch(() => wait.signal.throwIfAborted());
  }
}
function verdictOf(service, wanted, tasks, nodes, { known }) {
  if (service !== void 0) return judgeService(service, tasks, nodes, wanted, known);
  const counts = { wanted: 0, ready: 0 };
  return { kind: "failed", counts, why: "the swarm does not have it any more: somebody removed it" };
}
var newWatch = (now) => ({
  ...{ ready: -1, progressAt: now, tasks: "", sameSince: now },
  pullingSince: void 0
});
function noteProgress(watch2, verdict, now) {
  const tasks = verdict.kind === "whole" ? verdict.tasks.join(" ") : "-";
  if (tasks !== watch2.tasks) Object.assign(watch2, { tasks, sameSince: now });
  const { ready } = verdict.counts;
  if (ready > watch2.ready) Object.assign(watch2, { ready, progressAt: now });
  if (verdict.kind !== "pending" || !verdict.pulling) return;
  watch2.pullingSince ??= now;
  if (now - watch2.pullingSince < PULL_LIMIT) watch2.progressAt = now;
}
function hasSettled(verdict, watch2, { known }, now) {
  if (verdict.kind !== "whole") return false;
  const isProven = verdict.watched || verdict.tasks.every((id) => known.has(id));
  return now - watch2.sameSince >= (isProven ? SHORT_WATCH_TIME : WATCH_TIME);
}
function whyFailed(verdict, { progressAt }, service, { timeout }, elapsed, now) {
  if (verdict.kind === "failed") return verdict.why;
  if (verdict.kind === "whole") return void 0;
  const { counts, problem, failures } = verdict;
  const state = `${counts.ready} of ${counts.wanted} new tasks are ready${problem === void 0 ? "" : `; ${problem}`}`;
  if (failures >= MAX_FAILURES && elapsed > Math.min(FAILURE_TOLERANCE, timeout / 4))
    return `its tasks failed ${failures} times, ${state}.${pullAdvice(problem)}`;
  if (now - progressAt <= timeout + (service?.updatePause ?? 0)) return void 0;
  return `no progress for ${formatDuration(timeout)}, ${state}. Increase "health-timeout", or fix the cause.${pullAdvice(problem)}`;
}
var pullAdvice = (problem = "") => /no such image/i.test(problem) ? ' The node could not pull it: can it reach the registry, and may the login of "registry-username" read it?' : "";
function progressText(name, { kind, counts }) {
  return `${name} ${counts.ready} of ${counts.wanted}${kind === "pending" && counts.ready === counts.wanted ? ", old ones still run" : ""}`;
}

// src/cluster/differences.ts
var HIDDEN = /(^|\.)(environment|env|command|args|entrypoint|labels|annotations|test|options|driver_opts)(\.|$)/;
var MAX_LENGTH = 80;
function definitionDifferences(before, after, path = "") {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (HIDDEN.test(path) && !(isObject(before) && isObject(after))) return [path];
  if (isSection(before) && isSection(after)) {
    const [old, given] = [asObject(before), asObject(after)];
    const keys = [.../* @__PURE__ */ new Set([...Object.keys(old), ...Object.keys(given)])].toSorted(
      (one, other) => one.localeCompare(other)
    );
    return keys.flatMap(
      (key) => definitionDifferences(old[key], given[key], path === "" ? key : `${path}.${key}`)
    );
  }
  if (before === void 0) return [`${path}: ${valueText(after)}`];
  return [after === void 0 ? `without ${path}` : `${path}: ${valueText(before)} → ${valueText(after)}`];
}
var isSection = (value) => value === void 0 || isObject(value);
function valueText(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

// src/swarm/plan-stack.ts
function planStack(release, found) {
  rejectForeignStack(release, found);
  rejectChangedModes(release, found);
  const live = acceptedRelease(found.records);
  const services = release.definition.services;
  const changes = [
    ...Object.entries(services).flatMap(([name, service]) => serviceChange(name, service, release, found)),
    ...sectionChanges("secret", live?.definition.secrets, release.definition.secrets),
    ...sectionChanges("config", live?.definition.configs, release.definition.configs),
    ...found.workloads.filter(({ name }) => services[name] === void 0).map(({ name }) => change("remove", "service", name))
  ];
  const isLive = live?.id === release.id && changes.every(({ kind }) => kind === "relabel");
  return { release: release.id, changes: isLive ? [] : changes };
}
var change = (kind, what, name, differences = []) => ({ kind, what, name, differences });
function serviceChange(name, service, release, { records, workloads }) {
  const workload = workloads.find((each) => each.name === name);
  if (workload === void 0) return [change("create", "service", name, [String(service["image"])])];
  const before = records.releases.find(({ id }) => id === workload.release)?.definition.services[name];
  const differences = definitionDifferences(withoutOwnLabels(before), withoutOwnLabels(service));
  if (differences.length > 0) return [change("update", "service", name, differences)];
  if (workload.problem !== void 0) return [change("repair", "service", name, [workload.problem])];
  return workload.release === release.id ? [] : [change("relabel", "service", name)];
}
function withoutOwnLabels(service) {
  if (service === void 0) return void 0;
  const deploy = asObject(service["deploy"]);
  return {
    ...service,
    labels: withoutKeys(asObject(service["labels"]), LABEL.definition),
    deploy: { ...deploy, labels: withoutKeys(asObject(deploy["labels"]), LABEL.release) }
  };
}
function sectionChanges(what, before = {}, after) {
  return Object.entries(after).flatMap(([key, spec]) => {
    const old = before[key];
    if (old === void 0) return [change("create", what, key)];
    return old["name"] === spec["name"] ? [] : [change("update", what, key, ["its content"])];
  });
}
function rejectForeignStack(release, { workloads }) {
  const foreign = workloads.filter((workload) => workload.release === void 0).map(({ name }) => name);
  if (foreign.length === 0) return;
  throw new ConfigurationError(
    `app: the swarm has a stack ${baseProject(release)} already, with services that Sealift did not make for it (${foreign.join(", ")}). Give this app another "app" or "environment", or remove that stack first.`
  );
}
function rejectChangedModes(release, { workloads }) {
  for (const [name, service] of Object.entries(release.definition.services)) {
    const found = workloads.find((workload) => workload.name === name);
    const mode = asText(asObject(service["deploy"])["mode"]) ?? "replicated";
    if (found === void 0 || found.kind === mode) continue;
    throw new ConfigurationError(
      `compose-file: service ${name} is ${found.kind} in the swarm, and a swarm can't make it ${mode}. Give the service another name.`
    );
  }
}

// src/swarm/run-stack-job.ts
import { randomUUID as randomUUID9 } from "node:crypto";
import { setTimeout as pause3 } from "node:timers/promises";

// src/swarm/stack-deploy.ts
async function deployStack({ run: run2, environment }, stack, file, { signal }) {
  const options = [
    "--compose-file",
    "-",
    "--with-registry-auth",
    "--resolve-image",
    "never",
    "--detach=true"
  ];
  try {
    await run2("docker", ["stack", "deploy", ...options, stack], {
      env: environment,
      stdin: JSON.stringify(file),
      signal
    });
  } catch (error2) {
    if (!(error2 instanceof CommandError) || signal.aborted) throw error2;
    throw explainStackError(error2);
  }
}
function explainStackError(error2) {
  const lines = error2.stderr.split("\n").filter((line) => line.trim() !== "");
  const last = lines.at(-1) ?? error2.message;
  const reason = last.replace(/^.*?(?:desc = |Error response from daemon: )/, "");
  return new SealiftError(`docker stack deploy was refused: ${reason}`, {
    cause: error2,
    evidence: lines.slice(-20)
  });
}

// src/swarm/swarm-state.ts
var stackLabel = (stack) => `com.docker.stack.namespace=${stack}`;
async function readSwarmState(swarm, stack) {
  const labels = [stackLabel(stack)];
  const [services, tasks, nodes] = await Promise.all([
    swarm.listServices(labels),
    swarm.listTasks(labels),
    swarm.listNodes()
  ]);
  return { services, tasks, nodes: new Map(nodes.map(({ id, hostname }) => [id, hostname])) };
}

// src/swarm/run-stack-job.ts
var LOOK_INTERVAL = 500;
var SHOWN_LINES = 30;
async function runStackJob(runner, release, hook, wait) {
  const { swarm, cli } = runner;
  await removeJobs(swarm, release);
  const name = `${hook.service}-${hook.when}-${randomUUID9().slice(0, 4)}`;
  try {
    await deployStack(cli, baseProject(release), jobFile(release, hook, name), wait);
    return await awaitJob(runner, release, hook, `${baseProject(release)}_${name}`, wait);
  } finally {
    await removeJobs(swarm, release).catch(() => void 0);
  }
}
var isJobOfHook = ({ labels }) => labels[LABEL.role] === OWN_ROLE.hook;
async function removeJobs(swarm, release) {
  const services = await swarm.listServices([stackLabel(baseProject(release))]);
  for (const service of services.filter(isJobOfHook)) await swarm.removeService(service.id);
}
function jobFile({ definition, ...release }, hook, name) {
  const service = definition.services[hook.service] ?? {};
  const deploy = pickKeys(asObject(service["deploy"]), ["resources", "placement"]);
  const placement = withoutKeys(asObject(deploy["placement"]), "max_replicas_per_node");
  const labels = { ...labelsOf(release), [LABEL.role]: OWN_ROLE.hook };
  return {
    ...definition,
    services: {
      [name]: {
        ...withoutKeys(service, "ports", "deploy"),
        // The CLI would read a dollar sign as the beginning of a variable.
        command: hook.argv.map((word) => word.replaceAll("$", "$$$$")),
        healthcheck: { disable: true },
        labels: { ...asObject(service["labels"]), ...labels },
        deploy: {
          ...deploy,
          ...{ placement, mode: "replicated-job", replicas: 1, labels },
          restart_policy: { condition: "none" }
        }
      }
    }
  };
}
async function awaitJob({ swarm, log }, release, hook, serviceName, wait) {
  const tail = new Tail(SHOWN_LINES);
  const startedAt = performance.now();
  let after = "";
  for (; ; ) {
    const { services, tasks, nodes } = await readSwarmState(swarm, baseProject(release));
    const service = services.find(({ name }) => name === serviceName);
    const task = tasks.find(({ serviceId }) => serviceId === service?.id);
    if (task !== void 0 && (task.state === "running" || taskHasEnded(task.state))) {
      const entries = await swarm.taskLogsAfter(task.id, after, wait.signal).catch(() => []);
      for (const { line } of entries) {
        log(line);
        tail.push(line);
      }
      after = entries.at(-1)?.time ?? after;
      if (task.state === "complete") return "exit code 0";
      if (taskHasEnded(task.state)) {
        throw new HostError(swarm.host, jobFailureText(hook, task, taskProblem(task, nodes)), {
          evidence: tail.lines,
          alreadyLogged: true
        });
      }
    } else if (performance.now() - startedAt > release.health.timeout && task?.state !== "preparing") {
      const why = task === void 0 ? "the swarm has made no task for it" : taskProblem(task, nodes);
      throw new HostError(
        swarm.host,
        `${hookName(hook)} was not started in ${hook.service} within ${formatDuration(release.health.timeout)}: ${why}.`
      );
    }
    await pause3(LOOK_INTERVAL, void 0, { signal: wait.signal }).catch(() => wait.signal.throwIfAborted());
  }
}
var hookName = ({ when, argv }) => `${when}-release: "${formatCommand(argv)}"`;
function jobFailureText(hook, { exitCode }, problem) {
  if (exitCode === void 0) return `${hookName(hook)} could not be started in ${hook.service}: ${problem}.`;
  if (exitCode === 137)
    return `${hookName(hook)} was killed in ${hook.service} (exit code 137): it was probably out of memory.`;
  return `${hookName(hook)} failed in ${hook.service} with exit code ${exitCode}.`;
}

// src/swarm/swarm-lock.ts
import { randomUUID as randomUUID10 } from "node:crypto";
var BEAT_INTERVAL = 15e3;
var EXPIRY = 9e4;
var BEAT = "sealift.beat";
async function takeSwarmLock(managers, of, owner) {
  const name = `${baseProject(of)}.sealift.lock`;
  const labels = { ...labelsOf(of), [LABEL.role]: "lock" };
  const content = JSON.stringify({ ...owner, nonce: randomUUID10() });
  const id = await managers.use(
    (swarm) => createSwarmLock(swarm, of, name, { ...labels, [BEAT]: "0" }, content)
  );
  let beats = 0;
  const beat = () => managers.use(async (swarm) => {
    const lock = await findLock(swarm, of, name);
    beats += 1;
    if (lock?.id === id) await swarm.setConfigLabels(lock, { ...labels, [BEAT]: String(beats) });
  });
  const timer = setInterval(() => void beat().catch(() => void 0), BEAT_INTERVAL).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await managers.use((swarm) => swarm.removeConfig(id)).catch(() => void 0);
    }
  };
}
async function createSwarmLock(swarm, of, name, labels, content) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await swarm.createConfig(name, labels, content);
    } catch (error2) {
      if (!(error2 instanceof Conflict) || attempt === 3) throw error2;
    }
    const lock = await findLock(swarm, of, name);
    if (lock === void 0) continue;
    if (lock.content === content) return lock.id;
    const age = Date.parse((await swarm.swarmNode()).time) - Date.parse(lock.updatedAt);
    if (!(age > EXPIRY)) throw lockedError(of, lock);
    await swarm.removeConfig(lock.id);
  }
}
async function findLock(swarm, of, name) {
  const filters = Object.entries({ ...labelsOf(of), [LABEL.role]: "lock" }).map(
    ([key, value]) => `${key}=${value}`
  );
  return (await swarm.listConfigs(filters)).find((config) => config.name === name);
}
function lockedError(of, { content }) {
  const { actor = "somebody", runUrl = "outside of GitHub Actions" } = readOwner(content);
  return new SealiftError(
    `Another run deploys ${baseProject(of)} now: that of ${actor}, ${runUrl}. Wait for its end and run this job again, and give both jobs the same concurrency group. If its job was killed, its lock ends ${EXPIRY / 1e3} s after its last sign of life.`
  );
}
function readOwner(content) {
  try {
    const owner = asObject(JSON.parse(content));
    return { actor: asText(owner["actor"]), runUrl: asText(owner["runUrl"]) };
  } catch {
    return {};
  }
}

// src/swarm/swarm-objects.ts
var ROLE = { record: "record", content: "content", lock: "lock" };
var roleFilters = (of, role) => Object.entries({ ...labelsOf(of), [LABEL.role]: role }).map(([key, value]) => `${key}=${value}`);
var recordName = (of, sequence) => `${baseProject(of)}.sealift.${sequence}`;
async function readSwarmRecords(swarm, of) {
  const configs = await swarm.listConfigs(roleFilters(of, ROLE.record));
  return clusterRecords(configs.map(({ content }) => content));
}
async function writeSwarmRecord(swarm, of, document) {
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.record, [LABEL.release]: document.release.id };
  try {
    await swarm.createConfig(recordName(of, document.sequence), labels, documentText(document));
  } catch (error2) {
    if (!(error2 instanceof Conflict)) throw error2;
    const { documents } = await readSwarmRecords(swarm, of);
    if (documents.some((each) => documentText(each) === documentText(document))) return;
    throw new SealiftError(
      `Another run has deployed ${baseProject(of)} in the meantime: record ${document.sequence} exists already. Run this job again.`,
      { cause: error2 }
    );
  }
}
async function removeSwarmRecords(swarm, of, documents) {
  const names = new Set(documents.map(({ sequence }) => recordName(of, sequence)));
  if (names.size === 0) return;
  for (const { id, name } of await swarm.listConfigs(roleFilters(of, ROLE.record)))
    if (names.has(name)) await swarm.removeConfig(id);
}
async function readContents(swarm, of) {
  const labels = roleFilters(of, ROLE.content);
  const [secrets, configs] = await Promise.all([swarm.listSecrets(labels), swarm.listConfigs(labels)]);
  return { secrets, configs };
}
async function createContents(swarm, of, contents) {
  const { secrets, configs } = await readContents(swarm, of);
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.content };
  let count = 0;
  for (const { kind, name, content } of contents) {
    const existing = kind === "secret" ? secrets : configs;
    if (existing.some((each) => each.name === name)) continue;
    try {
      if (kind === "secret") await swarm.createSecret(name, labels, content);
      else await swarm.createConfig(name, labels, content);
      count += 1;
    } catch (error2) {
      if (!(error2 instanceof Conflict)) throw error2;
    }
  }
  return count;
}
function contentNames({ secrets, configs }) {
  return new Set([...Object.values(secrets), ...Object.values(configs)].map(({ name }) => String(name)));
}
async function removeUnusedContents(swarm, of, kept) {
  const used = new Set(kept.flatMap((file) => [...contentNames(file)]));
  const { secrets, configs } = await readContents(swarm, of);
  const removals = [
    ...secrets.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeSecret(id)),
    ...configs.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeConfig(id))
  ];
  const ended = await Promise.allSettled(removals);
  return ended.filter(({ status: status2 }) => status2 === "fulfilled").length;
}

// src/swarm/task-evidence.ts
var TASK_LOG_LINES = 20;
var TASK_LOG_TIMEOUT = 3e3;
var TASKS_PER_SERVICE = 2;
var isFailure = ({ state }) => state === "failed" || state === "rejected" || state === "orphaned";
async function taskEvidence(swarm, stack, { services, tasks, nodes }, known) {
  const choose = (isChosen) => services.flatMap(
    (service) => tasks.filter((task) => task.serviceId === service.id && !known.has(task.id) && isChosen(task)).toSorted((one, other) => other.createdAt.localeCompare(one.createdAt)).slice(0, TASKS_PER_SERVICE).map((task) => ({ service, task }))
  );
  const failed = choose(isFailure);
  const chosen = failed.length > 0 ? failed : choose(({ state }) => !taskHasEnded(state) && state !== "running");
  return await Promise.all(
    chosen.map(async ({ service, task }) => {
      const lines = await lastLines(swarm, task);
      const name = service.name.slice(stack.length + 1);
      return {
        host: hostName(nodes.get(task.nodeId) ?? "no node"),
        container: `${service.name}.${task.slot === 0 ? task.nodeId : task.slot}`,
        service: name,
        state: task.state,
        exitCode: task.exitCode,
        // A swarm does not say it.
        oomKilled: false,
        health: /unhealthy container/.test(task.error) ? "unhealthy" : void 0,
        lastLines: task.error === "" ? lines : [...lines, task.error]
      };
    })
  );
}
async function lastLines(swarm, task) {
  if (task.nodeId === "" || task.state === "rejected") return [];
  try {
    return await swarm.taskLogs(task.id, TASK_LOG_LINES, AbortSignal.timeout(TASK_LOG_TIMEOUT));
  } catch {
    return [];
  }
}

// src/swarm/swarm-cluster.ts
var SwarmCluster = class {
  #managers;
  #of;
  #step;
  #environment;
  /** Tasks that had ended before this run changed anything. */
  #known = /* @__PURE__ */ new Set();
  /** @param environment in which `docker` has the logins that the swarm gets; asked for only if something is deployed */
  constructor(managers, of, step2, environment) {
    this.#managers = managers;
    this.#of = of;
    this.#step = step2;
    this.#environment = environment;
  }
  get host() {
    return this.#managers.host;
  }
  get #stack() {
    return baseProject(this.#of);
  }
  async observe() {
    const [records, state] = await Promise.all([
      this.#managers.use((swarm) => readSwarmRecords(swarm, this.#of)),
      this.#look()
    ]);
    this.#known = new Set(state.tasks.map(({ id }) => id));
    return {
      records,
      workloads: state.services.filter((service) => !isJobOfHook(service)).map((service) => this.#workload(service, state))
    };
  }
  lock(owner) {
    return takeSwarmLock(this.#managers, this.#of, owner);
  }
  plan(release, found) {
    return planStack(release, found);
  }
  async prepare({ definition, id, origin }, contents) {
    const created = await this.#managers.use((swarm) => createContents(swarm, this.#of, contents));
    const { secrets, configs } = await this.#managers.use((swarm) => readContents(swarm, this.#of));
    const present = new Set([...secrets, ...configs].map(({ name }) => name));
    const missing = [...contentNames(definition)].filter(
      (name) => name.startsWith(`${this.#stack}_`) && !present.has(name)
    );
    if (missing.length > 0) {
      throw new ConfigurationError(
        `to: release ${id} needs ${joinWithAnd(missing)}, which somebody has removed from the swarm. Deploy its image from a checkout of ${origin.revision ?? "its commit"} instead: input "image".`
      );
    }
    return created === 0 ? "nothing is missing" : `${created} created`;
  }
  async runHook(release, hook, wait) {
    const environment = await this.#environment();
    const log = (line) => this.#step.log.info(`│ ${line}`);
    return await this.#managers.once(
      (swarm) => runStackJob({ swarm, cli: this.#cli(swarm, environment), log }, release, hook, wait)
    );
  }
  async apply({ definition }, wait) {
    const environment = await this.#environment();
    await this.#managers.use(
      (swarm) => deployStack(this.#cli(swarm, environment), this.#stack, definition, wait)
    );
  }
  converge(release, wait) {
    const wanted = Object.entries(release.definition.services).map(
      ([name, service]) => [
        name,
        {
          release: release.id,
          definition: asText(asObject(service["labels"])[LABEL.definition]),
          image: asText(service["image"]) ?? ""
        }
      ]
    );
    return convergeServices(
      {
        stack: this.#stack,
        wanted: new Map(wanted),
        known: this.#known,
        timeout: release.health.timeout,
        look: () => this.#look()
      },
      wait
    );
  }
  async evidence(_release) {
    try {
      const state = await this.#look();
      return await this.#managers.use((swarm) => taskEvidence(swarm, this.#stack, state, this.#known));
    } catch {
      return [];
    }
  }
  async removeOthers(release) {
    const { services } = await this.#look();
    const others = services.filter(
      (service) => service.labels[LABEL.app] === this.#of.app && release?.definition.services[this.#shortName(service)] === void 0
    );
    for (const { id } of others) await this.#managers.use((swarm) => swarm.removeService(id));
    return others.map((service) => this.#shortName(service));
  }
  record(document) {
    return this.#managers.use((swarm) => writeSwarmRecord(swarm, this.#of, document));
  }
  async prune(records, kept) {
    const outdated = outdatedDocuments(records, kept);
    await this.#managers.use((swarm) => removeSwarmRecords(swarm, this.#of, outdated));
    const files = records.releases.filter(({ id }) => kept.has(id)).map(({ definition }) => definition);
    const contents = await this.#managers.use((swarm) => removeUnusedContents(swarm, this.#of, files));
    return `${outdated.length} records and ${contents} secrets and configs removed`;
  }
  async [Symbol.asyncDispose]() {
    await this.#managers[Symbol.asyncDispose]();
  }
  #cli(swarm, environment) {
    return { run: this.#step.run, environment: { ...environment, ...swarm.cliEnvironment } };
  }
  #look() {
    return this.#managers.use((swarm) => readSwarmState(swarm, this.#stack));
  }
  #shortName({ name }) {
    return name.slice(this.#stack.length + 1);
  }
  #workload(service, { tasks, nodes }) {
    const verdict = judgeService(service, tasks, nodes, void 0);
    const { [LABEL.app]: app, [LABEL.environment]: environment, [LABEL.release]: release } = service.labels;
    const own = labelsOf(this.#of);
    const isOurs = app === own[LABEL.app] && environment === own[LABEL.environment];
    return {
      name: this.#shortName(service),
      kind: service.mode,
      release: isOurs && release !== void 0 && isReleaseId(release) ? release : void 0,
      ...verdict.counts,
      problem: verdict.kind === "whole" ? void 0 : verdict.kind === "failed" ? verdict.why : verdict.problem ?? `${verdict.counts.ready} of ${verdict.counts.wanted} run`
    };
  }
};

// src/commands/cluster-status.ts
async function clusterStatus({ destination }, context) {
  var _stack = [];
  try {
    const { report, log } = context;
    report.set({ app: destination.app, environment: destination.environment });
    const managers = __using(_stack, await group("Connect", () => connectToManagers(destination, context)), true);
    const cluster = new SwarmCluster(managers, destination, context, async () => programEnvironment());
    const found = await cluster.observe();
    const live = acceptedRelease(found.records);
    const hosts = [clusterHostReport(cluster.host, found)];
    const history = historyOf([{ host: cluster.host, history: found.records.history, releases: [] }]);
    report.set({
      result: "reported",
      release: live?.id,
      live: live?.id,
      previous: releaseBefore(found.records.history, live?.id),
      revision: live?.origin.revision,
      images: live === void 0 ? {} : builtImages(live),
      hosts,
      history
    });
    for (const line of [...statusLines(hosts), ...historyLines(history, 1)]) log.info(line);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/gate/github-errors.ts
var LONGEST_RATE_LIMIT_WAIT = 6e4;
function readRefusal(error2, now = Date.now()) {
  const { status: status2, response, message, name, cause } = asObject(error2);
  if (response === void 0 || typeof status2 !== "number") {
    const isLate = [name, asObject(cause)["name"]].includes("TimeoutError");
    const why = isLate ? "it took too long" : asText(message) ?? String(error2);
    return { status: void 0, message: why, rateLimitWait: void 0, cause: error2 };
  }
  const { headers, data } = asObject(response);
  return {
    status: status2,
    message: asText(asObject(data)["message"]) ?? asText(message) ?? "no message",
    rateLimitWait: readRateLimitWait(status2, asObject(headers), now),
    cause: error2
  };
}
function readRateLimitWait(status2, headers, now) {
  const retryAfter = asText(headers["retry-after"]);
  const isUsedUp = headers["x-ratelimit-remaining"] === "0";
  if (status2 !== 429 && !(status2 === 403 && (retryAfter !== void 0 || isUsedUp))) return void 0;
  if (retryAfter !== void 0 && /^\d+$/.test(retryAfter)) return Number(retryAfter) * 1e3;
  const reset = asText(headers["x-ratelimit-reset"]);
  return isUsedUp && reset !== void 0 && /^\d+$/.test(reset) ? Math.max(0, Number(reset) * 1e3 - now) : LONGEST_RATE_LIMIT_WAIT;
}
function isWorthRetrying({ status: status2, rateLimitWait }) {
  if (rateLimitWait !== void 0) return rateLimitWait <= LONGEST_RATE_LIMIT_WAIT;
  return status2 === void 0 || status2 >= 500;
}
var refusalText = ({ status: status2, message }) => status2 === void 0 ? `no answer: ${message}` : `HTTP ${status2}`;
var notGitHubError = (what, cause) => new SealiftError(
  `Cannot read ${what}: the answer is not one of GitHub's API. Check that GITHUB_API_URL names a GitHub, and that no proxy answers in its place.`,
  { cause }
);
function githubError(refusal, { what, permission, apiUrl }) {
  const { status: status2, message, cause } = refusal;
  const from = status2 === void 0 ? ` from ${apiUrl}` : "";
  return new SealiftError(
    `Cannot read ${what}${from} (${refusalText(refusal)}). ${adviceFor(refusal, permission, apiUrl)}`,
    { cause, evidence: status2 === void 0 ? [] : [`GitHub: ${message}`] }
  );
}
function adviceFor({ status: status2, rateLimitWait }, permission, apiUrl) {
  if (rateLimitWait !== void 0) {
    const wait = formatDuration(Math.max(1e3, rateLimitWait));
    return `The rate limit of GitHub's API is reached. Run this job again in ${wait}.`;
  }
  if (status2 === void 0)
    return `Check that this runner reaches ${apiUrl} (a proxy needs HTTPS_PROXY), and run this job again.`;
  if (status2 === 401)
    return 'GitHub refuses the token. Correct "github-token", or remove it: then Sealift uses the token of the job.';
  if (status2 === 403) return `Add "${permission}" to this job's permissions.`;
  if (status2 >= 500) return "GitHub has a problem. Run this job again.";
  return `${apiUrl} does not answer as GitHub's API does.`;
}

// src/gate/environment-rules.ts
function readEnvironmentRules(answer, environment) {
  const { id, protection_rules: list, can_admins_bypass: canBypass } = asObject(answer);
  if (typeof id !== "number") throw notGitHubError(`environment "${environment}"`);
  const rules = asList(list).map(asObject);
  const review = rules.find(({ type }) => type === "required_reviewers");
  const preventsSelfReview = review?.["prevent_self_review"] === true;
  const canAdminsBypass = typeof canBypass === "boolean" ? canBypass : void 0;
  return {
    id,
    hasReviewers: review !== void 0,
    preventsSelfReview,
    canAdminsBypass,
    texts: [
      ...rules.map((rule) => {
        if (rule === review) return `required reviewers: ${reviewersText(rule["reviewers"])}`;
        const { type, wait_timer: minutes } = rule;
        if (typeof minutes === "number") return `wait timer: ${minutes} min`;
        return (asText(type) ?? "unknown rule").replaceAll("_", " ");
      }),
      ...preventsSelfReview ? ["no self-review"] : [],
      ...canAdminsBypass === false ? ["no bypass by administrators"] : []
    ]
  };
}
function reviewersText(reviewers) {
  const names = asList(reviewers).map((each) => {
    const { type, reviewer } = asObject(each);
    const { login, name, slug } = asObject(reviewer);
    if (type === "Team") return `team ${asText(slug) ?? asText(name) ?? "unknown"}`;
    return `@${asText(login) ?? "unknown"}`;
  });
  return names.length === 0 ? "unknown" : names.join(", ");
}

// src/run/github-variables.ts
function githubVariables(environment = process.env) {
  const read = (name) => environment[`GITHUB_${name}`] || void 0;
  return {
    /** Who started this run. For a run that was started again, GITHUB_ACTOR is still the first person. */
    actor: read("TRIGGERING_ACTOR") ?? read("ACTOR"),
    /** Of GitHub Enterprise Server: `https://github.example.com/api/v3`. */
    apiUrl: read("API_URL") ?? "https://api.github.com",
    /** `owner/name` of the action that runs. */
    actionRepository: read("ACTION_REPOSITORY"),
    event: read("EVENT_NAME"),
    eventPath: read("EVENT_PATH"),
    /** Key of the job in its workflow. */
    job: read("JOB"),
    ref: read("REF"),
    /** `owner/name`. */
    repository: read("REPOSITORY"),
    /** From 1; a run that was started again has a higher one. */
    runAttempt: read("RUN_ATTEMPT"),
    runId: read("RUN_ID"),
    serverUrl: read("SERVER_URL") ?? "https://github.com",
    sha: read("SHA"),
    /** `octo/shop/.github/workflows/deliver.yml@refs/heads/main`. */
    workflowRef: read("WORKFLOW_REF"),
    workspace: read("WORKSPACE")
  };
}
var isGitHubDotCom = (serverUrl) => serverUrl === "https://github.com";

// src/gate/redirects.ts
var MAX_REDIRECTS = 5;
var RedirectError = class extends Error {
  status;
  /** Where to; `undefined` if the answer does not say. */
  target;
  constructor(status2, target) {
    super(`HTTP ${status2}`);
    this.status = status2;
    this.target = target;
  }
};
function followOnServer(fetch2, baseUrl) {
  const { origin } = new URL(baseUrl);
  return async (url, options) => {
    const request6 = { ...options, redirect: "manual" };
    let response = await fetch2(url, request6);
    for (let count = 0; isRedirect(response); count += 1) {
      const location = response.headers.get("location");
      const target = location === null ? null : URL.parse(location, response.url);
      if (target?.origin !== origin || count === MAX_REDIRECTS)
        throw new RedirectError(response.status, target ?? void 0);
      response = await fetch2(target.href, request6);
    }
    return response;
  };
}
var isRedirect = ({ status: status2 }) => [301, 302, 303, 307, 308].includes(status2);
function redirectError(error2, { what, apiUrl }) {
  const { status: status2, target } = error2;
  const to = target === void 0 ? "elsewhere" : `to ${target.origin}${target.pathname}`;
  return new SealiftError(
    `Cannot read ${what}: ${apiUrl} redirects ${to} (HTTP ${status2}). Check that GITHUB_API_URL is the address of GitHub's API itself, and that no proxy answers in its place.`,
    { cause: error2 }
  );
}

// src/gate/github-client.ts
async function connectToGitHub(connection, options) {
  const { owner, repo, token, apiUrl } = connection;
  const octokitPackage = await import("./github-IE3AQM3W.js");
  const octokit = createOctokit(octokitPackage, token, apiUrl, options);
  const repository = { owner, repo };
  return {
    getEnvironment: (environment) => ask(
      { what: "environments", permission: "actions: read", apiUrl },
      options,
      (request6) => octokit.request("GET /repos/{owner}/{repo}/environments/{environment_name}", {
        ...repository,
        environment_name: environment,
        request: request6
      })
    ),
    getCheckRun: (id) => ask(
      { what: "the check run of this job", permission: "checks: read", apiUrl },
      options,
      (request6) => octokit.request("GET /repos/{owner}/{repo}/check-runs/{check_run_id}", {
        ...repository,
        check_run_id: id,
        request: request6
      })
    ),
    listReviews: (runId) => ask({ what: "approvals", permission: "actions: read", apiUrl }, options, async (request6) => ({
      data: await octokit.paginate("GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals", {
        ...repository,
        run_id: runId,
        request: request6
      })
    })),
    compareCommits: (base, head) => (
      // Only the status counts. The shortest page spares the list of commits.
      ask(
        { what: "commits", permission: "contents: read", apiUrl },
        options,
        (request6) => octokit.request("GET /repos/{owner}/{repo}/compare/{basehead}", {
          ...repository,
          basehead: `${base}...${head}`,
          per_page: 1,
          request: request6
        })
      )
    ),
    getIdToken: (audience) => requestIdToken(octokitPackage, audience, options)
  };
}
async function requestIdToken(octokitPackage, audience, options) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token) return void 0;
  const address = new URL(url);
  address.searchParams.set("audience", audience);
  const octokit = createOctokit(octokitPackage, token, address.origin, options);
  const question = { what: "the OIDC token", permission: "id-token: write", apiUrl: address.origin };
  const data = await ask(question, options, (request6) => octokit.request(`GET ${address.href}`, { request: request6 }));
  return asText(asObject(data)["value"]);
}
function createOctokit({ getOctokit }, token, baseUrl, { log: { debug: debug2 } }) {
  const octokit = getOctokit(token, {
    baseUrl,
    log: { debug: () => void 0, info: debug2, warn: debug2, error: debug2 }
  });
  octokit.hook.before("request", ({ request: request6 }) => {
    request6.fetch = followOnServer(request6.fetch, baseUrl);
  });
  return octokit;
}
async function ask(question, { log, signal, retryPolicy, requestTimeout, pause: pause9 }, send) {
  const attempt = async () => {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(requestTimeout);
    try {
      const { data } = await send({ signal: AbortSignal.any([signal, timeout]) });
      timeout.throwIfAborted();
      return data;
    } catch (error2) {
      signal.throwIfAborted();
      const { name, cause } = asObject(error2);
      if (cause instanceof RedirectError) throw redirectError(cause, question);
      if (name === "TypeError") throw notGitHubError(question.what, error2);
      const refusal = readRefusal(error2);
      if (refusal.status === 404) return void 0;
      const finalError = githubError(refusal, question);
      if (!isWorthRetrying(refusal)) throw finalError;
      throw new TransientError(finalError, {
        reason: `${refusalText(refusal)}.`,
        wait: refusal.rateLimitWait
      });
    }
  };
  return await retryTransient("A request to GitHub", attempt, { log, retryPolicy, signal, pause: pause9 });
}

// src/gate/gate-context.ts
function repositoryConnection(token) {
  const { repository, apiUrl } = githubVariables();
  const [owner, repo] = repository?.split("/") ?? [];
  return owner === void 0 || repo === void 0 || token === void 0 ? void 0 : { apiUrl: requireApiUrl(apiUrl), owner, repo, token };
}
function requireApiUrl(apiUrl) {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : void 0;
  if (url !== void 0 && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return apiUrl;
  throw new ConfigurationError(
    "GITHUB_API_URL: it is not the address of GitHub's API. GitHub's runners set it: do not change it in the workflow. Set it to https://api.github.com, or to https://HOST/api/v3 for GitHub Enterprise Server, without a user name and password."
  );
}
async function openGitHub({ approval, token }, context) {
  if (githubVariables().repository === void 0) {
    if (approval !== "required") return void 0;
    throw new ConfigurationError(
      "approval: this is not a job of GitHub Actions (GITHUB_REPOSITORY is not set), so no environment can have held it. Set approval: off."
    );
  }
  const connection = repositoryConnection(token);
  if (connection !== void 0) return await connectToGitHub(connection, context);
  throw new ConfigurationError(
    "github-token: missing, so Sealift can't ask GitHub for the approval. Remove the input, and Sealift uses the token of the job; or set approval: off."
  );
}
function workflowRun() {
  const { runId = "", runAttempt = "", actor } = githubVariables();
  if (/^\d+$/.test(runId) && /^[1-9]\d*$/.test(runAttempt) && actor !== void 0)
    return { id: Number(runId), attempt: Number(runAttempt), actor };
  throw new ConfigurationError(
    "approval: the runner does not say which run this is (GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_ACTOR), so Sealift can't ask for its approval. Set approval: off."
  );
}

// src/gate/job-environment.ts
var AUDIENCE = "sealift";
async function findJobEnvironment(github, checkRunId) {
  return checkRunId === void 0 ? await environmentInIdToken(github) : await environmentOfCheckRun(github, checkRunId);
}
async function environmentOfCheckRun(github, id) {
  const { id: found, deployment } = asObject(await github.getCheckRun(id));
  if (found !== id) {
    throw new SealiftError(
      `Cannot read the check run ${id} of this job (HTTP 404). Add "checks: read" to this job's permissions.`
    );
  }
  return asText(asObject(deployment)["environment"]);
}
async function environmentInIdToken(github) {
  const token = await github.getIdToken(AUDIENCE);
  if (token === void 0) {
    throw new ConfigurationError(
      `Cannot tell in which environment this job runs: this runner does not know job.check_run_id. Add "id-token: write" to this job's permissions. Then an OIDC token tells it.`
    );
  }
  return asText(asObject(payloadOf(token))["environment"]);
}
function payloadOf(token) {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch (cause) {
    throw new SealiftError("Cannot read the OIDC token of this job: it is no JSON Web Token.", { cause });
  }
}

// src/gate/judge-approval.ts
var settingsOf = (environment) => `Settings → Environments → ${environment}`;
function requireRules(rules, environment, { approval, strict, allowSelfApproval }, outcome) {
  if (!rules.hasReviewers) {
    if (approval !== "required") return;
    throw new ConfigurationError(
      `Environment "${environment}" has no required reviewers. GitHub creates a missing environment without protection, so ${outcome}. Add reviewers in ${settingsOf(environment)}, or set approval: off. (On a private repository, required reviewers need GitHub Enterprise.)`
    );
  }
  if (!strict) return;
  if (rules.canAdminsBypass !== false) {
    throw new ConfigurationError(
      `Administrators can bypass the rules of environment "${environment}", and that may look like an approval. Switch off "Allow administrators to bypass configured protection rules" in ${settingsOf(environment)}, or set strict-approval: false.`
    );
  }
  if (!rules.preventsSelfReview && !allowSelfApproval) {
    throw new ConfigurationError(
      `In environment "${environment}" people can approve a run that they started. Switch on "Prevent self-review" in ${settingsOf(environment)}, or set allow-self-approval: true.`
    );
  }
}
function requireJobEnvironment(found, environment) {
  if (found?.toLowerCase() === environment.toLowerCase()) return;
  const where = found === void 0 ? "no environment" : `environment "${found}"`;
  throw new ConfigurationError(
    `This job runs in ${where} but the step is for "${environment}". Set "environment: ${environment}" on the job.`
  );
}
function judgeReviews(reviews, { texts }, environment, run2, { allowSelfApproval, strict }) {
  const rejected = reviews.find(({ state }) => state === "rejected");
  if (rejected !== void 0) {
    throw new SealiftError(
      `@${rejected.login} rejected this run for environment "${environment}"${commentText(rejected)}. Start a new run to ask again.`
    );
  }
  const approved = reviews.filter(({ state }) => state === "approved");
  if (approved.length === 0) {
    throw new SealiftError(
      `Nobody approved this run for environment "${environment}", although it has required reviewers. Start a new run: GitHub holds it for an approval. (An administrator may have bypassed the rules, or they are newer than this run.)`
    );
  }
  const others = approved.filter(({ login }) => login.toLowerCase() !== run2.actor.toLowerCase());
  if (others.length === 0 && !allowSelfApproval) {
    throw new SealiftError(
      `@${run2.actor} approved this run for environment "${environment}", but also started it. Let another reviewer approve, or set allow-self-approval: true.`
    );
  }
  if (strict && run2.attempt > 1) {
    throw new SealiftError(
      `${reusedApprovalText(run2)} Start a new run instead of running this one again, or set strict-approval: false.`
    );
  }
  const approvers = (others.length === 0 ? approved : others).map(({ login, comment }) => ({
    login,
    comment
  }));
  return { kind: "approved", approvers, rules: texts };
}
var reusedApprovalText = ({ attempt }) => `This is attempt ${attempt} of the run. GitHub does not say which attempt an approval is for: it may be for an earlier one.`;
var commentText = ({ comment }) => comment === void 0 ? "" : `: "${comment}"`;

// src/gate/reviews.ts
var LONGEST_COMMENT = 500;
function readReviews(answer, environmentId) {
  if (answer === void 0) {
    throw new SealiftError(
      `Cannot read approvals (HTTP 404). Add "actions: read" to this job's permissions.`
    );
  }
  if (!Array.isArray(answer)) throw notGitHubError("approvals");
  return answer.flatMap((entry) => {
    const { state, user, comment, environments } = asObject(entry);
    const isForEnvironment = asList(environments).some((each) => asObject(each)["id"] === environmentId);
    if (!isForEnvironment || !isState(state)) return [];
    return [{ state, login: asText(asObject(user)["login"]) ?? "ghost", comment: readComment(comment) }];
  });
}
function readComment(comment) {
  const text = asText(oneLine(asText(comment) ?? ""));
  return text === void 0 ? void 0 : shorten(text, LONGEST_COMMENT);
}
var isState = (state) => state === "approved" || state === "rejected" || state === "pending";

// src/gate/check-approval.ts
async function checkApproval(environment, purpose, options, context) {
  if (options.approval === "off") return { kind: "off" };
  const github = await openGitHub(options, context);
  if (github === void 0) return { kind: "not-on-github" };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, `this ${purpose} was not gated`);
  if (!rules.hasReviewers) return { kind: "unprotected", rules: rules.texts };
  const run2 = workflowRun();
  const [jobEnvironment, reviews] = await allOrThrow([
    findJobEnvironment(github, options.checkRunId),
    github.listReviews(run2.id)
  ]);
  requireJobEnvironment(jobEnvironment, environment);
  const approval = judgeReviews(readReviews(reviews, rules.id), rules, environment, run2, options);
  if (run2.attempt > 1) context.log.warning(reusedApprovalText(run2));
  return approval;
}
async function checkEnvironmentRules(environment, options, context) {
  if (options.approval === "off") return { kind: "off" };
  const github = await openGitHub(options, context);
  if (github === void 0) return { kind: "not-on-github" };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, "a deploy would not be gated");
  if (!rules.hasReviewers) return { kind: "unprotected", rules: rules.texts };
  if (!rules.preventsSelfReview && !options.allowSelfApproval) {
    context.log.notice(
      `In environment "${environment}" GitHub lets people approve a run that they started, but the deploy refuses such an approval. Switch on "Prevent self-review", or set allow-self-approval: true in both steps.`
    );
  }
  return { kind: "awaited", rules: rules.texts };
}
async function readRules(github, environment) {
  const answer = await github.getEnvironment(environment);
  if (answer !== void 0) return readEnvironmentRules(answer, environment);
  throw new ConfigurationError(
    `Environment "${environment}" does not exist, or the token can't see it (HTTP 404). Create it with required reviewers in Settings → Environments before a job names it: GitHub would create it without protection. If it exists, add "actions: read" to this job's permissions. Without an environment, set approval: off.`
  );
}

// src/gate/github.ts
var GITHUB_TIMES = {
  retryPolicy: { attempts: 4, firstWait: 1e3, longestWait: 8e3 },
  requestTimeout: 2e4,
  pause: pauseInRealTime
};

// src/approval.ts
async function requireApproval({ command, destination, gate: gate2 }, dryRun, context) {
  if (dryRun) return void 0;
  try {
    const approval = await group("Check the approval", async () => {
      const purpose = command === "remove" ? "removal" : "deploy";
      const checked = await checkApproval(destination.environment, purpose, gate2, githubOptions(context));
      logApproval(checked, context);
      return checked;
    });
    context.report.set({ approval });
    return approval;
  } catch (error2) {
    if (command !== "rollback" || !(error2 instanceof SealiftError)) throw error2;
    throw new SealiftError(
      `${sentence(messageOf(error2))} In an emergency, set approval: off to roll back without an approval. The summary and the records will say so.`,
      { cause: error2, evidence: error2.evidence }
    );
  }
}
async function requireEnvironmentRules({ environment, gate: gate2 }, context) {
  await group("Check the environment", async () => {
    const approval = await checkEnvironmentRules(environment, gate2, githubOptions(context));
    logApproval(approval, context);
    context.report.set({ approval });
  });
}
var githubOptions = ({ log, signal }) => ({
  log,
  signal,
  ...GITHUB_TIMES
});
function logApproval(approval, { log }) {
  const text = approvalText(approval);
  if (approval.kind === "off" || approval.kind === "not-on-github") log.notice(text);
  else log.info(text);
}

// src/report/failures.ts
function describeFailures(failures) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { host, error: error2 } of failures) {
    const message = messageWithoutHost(host, error2);
    const same = hosts.get(message) ?? /* @__PURE__ */ new Set();
    hosts.set(message, host === void 0 ? same : same.add(host));
  }
  return [...hosts].map(([message, same]) => same.size === 0 ? message : `${joinWithAnd([...same])}: ${message}`).join(" · ");
}
function combineFailures(failures) {
  const errors = failures.flatMap(({ error: error2 }) => error2 instanceof SealiftError ? error2 : []);
  const withEvidence = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(describeFailures(failures), {
    evidence: [...new Set(withEvidence.flatMap(({ evidence }) => evidence))],
    alreadyLogged: withEvidence.every(({ alreadyLogged }) => alreadyLogged)
  });
}
function failureText(error2, state) {
  const cause = sentence(messageOf(error2));
  const headline = `${cause} ${state}`;
  if (!(error2 instanceof SealiftError)) return { cause, headline, details: [], lines: [] };
  const { evidence, alreadyLogged } = error2;
  return { cause, headline, details: evidence, lines: alreadyLogged ? [] : quoteOutput(evidence) };
}

// src/report/host-status.ts
function commonRelease(hosts) {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => unknown ? void 0 : is));
  return others.length === 0 ? first : void 0;
}
function statusReport(host) {
  const live = liveRelease(host);
  const health = live?.observed === void 0 ? UNHEALTHY : releaseHealth(host, live.observed);
  const since = live === void 0 ? void 0 : lastAcceptanceOf(host.history, live.id)?.at;
  const why = live === void 0 ? "nothing is deployed here" : `${live.id} is live${since === void 0 ? ", but was never accepted" : ` since ${formatMinute(since)} UTC`}, ${health.text}${splitTrafficText(host)}`;
  const kept = [...host.releases].map((release) => keptRelease(host, release, release.id === live?.id)).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  const healthy = health.healthy && since !== void 0 && host.traffic?.splitWith === void 0;
  return { host: host.host, was: live?.id, is: live?.id, why, healthy, kept };
}
function splitTrafficText({ traffic }) {
  return traffic?.splitWith === void 0 ? "" : `; some of its requests go to ${traffic.splitWith}, whose deploy is in progress or was interrupted`;
}
var UNHEALTHY = { healthy: false, text: "NOT healthy" };
function releaseHealth(host, live) {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== "running")
    return { healthy: false, text: `NOT healthy: its edge is ${host.edge.state}` };
  if (!isFullyUp(live)) return UNHEALTHY;
  const waits = live.containers.some(
    ({ health, unchecked }) => health === "unhealthy" || health === "starting" && !unchecked
  );
  return waits ? { healthy: false, text: releaseCondition(live) } : { healthy: true, text: "healthy" };
}
function keptRelease(host, release, live) {
  const accepted = lastAcceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    approval: accepted?.approval,
    live,
    up: isFullyUp(release),
    condition: releaseCondition(release)
  };
}
function releaseCondition(release) {
  const { containers, record } = release;
  if (containers.length === 0) return "containers removed; image and record are kept";
  const isDone = (container) => workIsDone(release, container.service) || record?.services[container.service]?.oneShot === true && hasSucceeded(container);
  const expected = containers.filter((container) => !isDone(container));
  const running = expected.filter(({ state }) => state === "running");
  if (running.length === 0) return `${containers.length} stopped`;
  const healthy = running.filter(
    ({ health, unchecked }) => health === void 0 || health === "healthy" || unchecked
  );
  return `${healthy.length} of ${expected.length} ${running.some(({ health }) => health !== void 0) ? "healthy" : "running"}`;
}

// src/report/failure-state.ts
function failureState(hosts, wanted, outcome) {
  if (hosts.some(({ rollbackIncomplete }) => rollbackIncomplete))
    return incompleteRollbackText(hosts, outcome);
  return servingText(hosts, wanted, outcome) + repairedText(hosts);
}
var movesTraffic = (step2) => isDeployStep(step2) && traitsOf(step2.action).movesTraffic === true;
var isDeployStep = ({ undo, stage }) => !undo && stage !== "recover";
var isAsBefore = ({ was, is }) => was === is;
function servingText(hosts, wanted, { steps }) {
  const asBefore = hosts.every(isAsBefore) ? ", as before" : "";
  const restarted = steps.flatMap(
    ({ action, ok }) => ok && action.kind === "start-project" ? [action.project] : []
  );
  if (hosts.every(({ is }) => is === void 0) && restarted.length > 0)
    return `The project ${joinWithAnd([...new Set(restarted)])} runs again, as before. Networks that were created remain.`;
  if (hosts.every(({ is }) => is === void 0))
    return `Nothing is live${asBefore}. Accessories, networks and volumes that were created remain.`;
  const live = commonRelease(hosts);
  if (live === wanted) return `${wanted} is live${asBefore}. The repair failed.`;
  const started = steps.some(
    (step2) => isDeployStep(step2) && step2.action.kind === "start-services" && step2.action.release === wanted
  );
  const traffic = live === void 0 ? releasesText(hosts) : trafficText(live, hosts, steps);
  return `${traffic}; ${started ? `${wanted} is stopped` : `nothing of ${wanted} was started`}.`;
}
function trafficText(live, hosts, steps) {
  if (hosts.some(({ unreachable }) => unreachable !== void 0)) return `${live} is the live release`;
  if (steps.some(movesTraffic)) return `Traffic is on ${live} again`;
  if (steps.some(({ action, stage }) => stage === "recover" && traitsOf(action).movesTraffic))
    return `Traffic is on ${live}`;
  const stopped = steps.flatMap(
    (step2) => isDeployStep(step2) && step2.action.kind === "stop-services" && step2.action.release === live ? step2.action.services : []
  );
  if (stopped.length === 0) return `Traffic stayed on ${live}`;
  return `Traffic is on ${live} again, after a stop of ${joinWithAnd([...new Set(stopped)])}`;
}
function releasesText(hosts) {
  const byRelease = /* @__PURE__ */ new Map();
  for (const { host, is = "nothing" } of hosts) byRelease.set(is, [...byRelease.get(is) ?? [], host]);
  const serving = [...byRelease].map(
    ([release, same]) => `${joinWithAnd(same)} ${same.length === 1 ? "serves" : "serve"} ${release}`
  );
  return `${hosts.every(isAsBefore) ? "As before, " : ""}${serving.join("; ")}`;
}
function repairedText(hosts) {
  const repaired = hosts.filter((host) => !isAsBefore(host)).map(({ host, was }) => `${host} served ${was ?? "nothing"}`);
  return repaired.length === 0 ? "" : ` This run first repaired what an interrupted run had left: ${joinWithAnd(repaired)}.`;
}
function incompleteRollbackText(hosts, { failures, undoFailures }) {
  const reported = new Set(failures.map(messageOfFailure));
  const firstByHost = new Map([...undoFailures].reverse().map((failure) => [failure.host, failure]));
  const first = [...firstByHost.values()];
  const newFailures = [
    ...first.filter(isFailedCheck).map(failedRestart),
    ...first.filter((failure) => !isFailedCheck(failure) && !reported.has(messageOfFailure(failure)))
  ];
  const where = joinWithAnd(
    hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).map(({ host }) => host)
  );
  const known = hosts.filter(({ unknown }) => unknown !== true);
  return [
    `${undoFailures.length === 0 ? "REPAIR FAILED" : "ROLLBACK INCOMPLETE"} on ${where}.`,
    ...newFailures.length === 0 ? [] : [sentence(describeFailures(newFailures))],
    ...known.length === 0 ? [] : [`${releasesText(known)}.`],
    `Look at ${where} now.`
  ].join(" ");
}
var messageOfFailure = ({ host, error: error2 }) => messageWithoutHost(host, error2);
var isFailedCheck = (failure) => failure.action?.kind === "check-health";
var failedRestart = (failure) => ({
  host: failure.host,
  error: new SealiftError(`${failure.action.release} could not be restarted: ${messageOfFailure(failure)}`)
});

// src/report/reachability.ts
function withReachability(report, outcome) {
  const found = reachabilityOn(outcome, report.host);
  const [before, now] = [problemsOf(found, "before"), problemsOf(found, "after")];
  return {
    ...report,
    ...before.length === 0 ? {} : { unreachableBefore: before },
    ...now.length === 0 ? {} : { unreachable: now, why: `${report.why} · NOBODY REACHES IT: ${now.join("; ")}` }
  };
}
var reachabilityOn = (outcome, host) => outcome.kind === "succeeded" ? void 0 : outcome.reachability?.get(host);
var problemsOf = (found, when) => found?.[when]?.problems ?? [];
function reachabilityText(hosts, outcome) {
  const dead = hosts.filter(({ unreachable }) => unreachable !== void 0);
  const revived = hosts.filter(
    ({ unreachable, unreachableBefore }) => unreachable === void 0 && unreachableBefore !== void 0
  );
  return [
    ...dead.map(
      ({ host, is, unreachable = [] }) => ` NOBODY REACHES ${is ?? "the app"} on ${host}: ${unreachable.join("; ")}.${beforeText(reachabilityOn(outcome, host))}`
    ),
    ...revived.map(
      ({ host, was, unreachableBefore = [] }) => ` Before this run nobody reached ${was ?? "the app"} on ${host}: ${unreachableBefore.join("; ")}.`
    ),
    ...dead.length === 0 ? [] : [` Look at ${joinWithAnd(dead.map(({ host }) => host))} now.`]
  ].join("");
}
function beforeText(found) {
  if (found?.before === void 0) return "";
  return found.before.problems.length === 0 ? " It was reached before this run." : " It was not reached before this run either.";
}

// src/report/deploy-result.ts
function deployResultOf(before, release, outcome) {
  const hosts = before.map((observed) => withReachability(hostResultOf(observed, release, outcome), outcome));
  const live = commonRelease(hosts);
  if (outcome.kind === "succeeded")
    return { result: "deployed", state: `${release.id} is live.`, hosts, live };
  if (!outcome.steps.some(isNoticeable))
    return {
      result: "failed",
      state: `Nothing was deployed.${reachabilityText(hosts, outcome)}`,
      hosts,
      live
    };
  const state = failureState(hosts, release.id, outcome) + reachabilityText(hosts, outcome) + unhealthyWarning(before, hosts, outcome);
  return { result: "rolled-back", state, hosts, live };
}
function unchangedResult(before, { id }) {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: "already live" }));
  return { result: "unchanged", state: NOTHING_CHANGED_TEXT, hosts, live: commonRelease(hosts) };
}
var isNoticeable = ({ action }) => traitsOf(action).invisibleToUsers !== true;
function hostResultOf(observed, release, outcome) {
  const { host } = observed;
  const steps = outcome.steps.filter((step2) => step2.host === host);
  const downtime = downtimeOf(steps, observed, release);
  const report = {
    ...{ host, was: liveRelease(observed)?.id },
    ...downtime === void 0 ? {} : { downtime }
  };
  if (outcome.kind === "succeeded")
    return { ...report, is: release.id, why: steps.length === 0 ? "already live" : "healthy" };
  const unknown = { ...report, is: void 0, unknown: true, rollbackIncomplete: true };
  const cause = ({ error: error2 }) => messageWithoutHost(host, error2);
  const failedRepair = outcome.failures.find((failure) => failure.host === host && isFailedRepair(failure));
  if (failedRepair !== void 0) return { ...unknown, why: `REPAIR FAILED: ${cause(failedRepair)}` };
  const is = releaseServedAtEnd(steps, observed);
  const undoFailures = outcome.undoFailures.filter((failure) => failure.host === host);
  const [first] = undoFailures;
  if (first === void 0) return { ...report, is, why: hostReason(host, steps, outcome) };
  const edgeless = trafficAtEnd(steps, observed) === void 0 && release.routes.length === 0;
  if (edgeless || undoFailures.some(({ action }) => action === void 0 || !traitsOf(action).cleansUp))
    return { ...unknown, why: `ROLLBACK FAILED: ${cause(first)}` };
  return { ...report, is, rollbackIncomplete: true, why: `ROLLBACK INCOMPLETE: ${cause(first)}` };
}
var isFailedRepair = ({ stage, action }) => stage === "recover" && action !== void 0 && traitsOf(action).decidesLive === true;
function releaseServedAtEnd(steps, observed) {
  const traffic = trafficAtEnd(steps, observed);
  if (traffic !== void 0 || observed.traffic !== void 0) return traffic?.release;
  const recorded = steps.filter(({ ok, stage }) => ok && stage === "recover").map(({ action }) => action).findLast(({ kind }) => kind === "accept-release" || kind === "record-rollback");
  if (recorded?.kind === "accept-release") return recorded.release;
  return recorded?.kind === "record-rollback" ? recorded.previous : liveRelease(observed)?.id;
}
var trafficAtEnd = (steps, { traffic }) => steps.filter(({ ok }) => ok).reduce((before, { action }) => trafficAfter(action, before), traffic);
function trafficAfter(action, before) {
  if (action.kind === "switch-traffic" || action.kind === "balance-replicas") return action;
  return action.kind === "clear-slot" && action.slot === before?.slot ? void 0 : before;
}
function hostReason(host, steps, { failures }) {
  const own = failures.filter((failure) => failure.host === host);
  if (own.length > 0) return own.map(({ error: error2 }) => messageWithoutHost(host, error2)).join(" · ");
  if (!steps.some(isNoticeable)) return "not touched";
  const rolledBack = steps.some(movesTraffic) ? "rolled back" : "rolled back before any traffic moved,";
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${rolledBack} together with ${joinWithAnd(others)}`;
  return failures.some(({ cancelled }) => cancelled) ? `${rolledBack} because the job was cancelled` : `${rolledBack} because url did not answer as expected`;
}
function unhealthyWarning(before, hosts, { steps }) {
  const unhealthy = before.filter((observed) => {
    const live = liveRelease(observed);
    const moved = hosts.some(({ host, is }) => host === observed.host && is !== live?.id);
    const repaired = steps.some(
      ({ host, ok, action }) => ok && host === observed.host && action.kind === "check-health" && action.release === live?.id
    );
    return live?.observed !== void 0 && !isFullyServing(live.observed) && !moved && !repaired;
  });
  if (unhealthy.length === 0) return "";
  const where = joinWithAnd(unhealthy.map(({ host }) => host));
  return ` The live release was unhealthy on ${where} before this run, and it was not repaired: look at ${where} now.`;
}

// src/report/environment-url.ts
import { isIPv6 as isIPv62 } from "node:net";
function releaseUrl({ routes }, hosts) {
  const domain = routes.flatMap(({ domains }) => domains)[0];
  if (domain !== void 0) return `https://${domain}`;
  const port = routes.flatMap(({ published }) => published).find((each) => !isLoopback(each));
  if (port === void 0) return void 0;
  const hostname = isEveryAddress(port) ? publicHostname(hosts[0]) : port.address;
  if (hostname === void 0) return void 0;
  return new URL(`http://${isIPv62(hostname) ? `[${hostname}]` : hostname}:${port.port}`).origin;
}
var publicHostname = (host) => host === void 0 || host.kind === "unix" ? void 0 : host.hostname;
var isEveryAddress = ({ address }) => address === void 0 || address === "0.0.0.0" || address === "::";
var isLoopback = ({ address = "" }) => /^127\.|^::1$|^localhost$/.test(address);

// src/report/step-reports.ts
function stepReports(steps, failures = []) {
  return steps.map((step2, index) => ({
    host: step2.host,
    stage: step2.stage,
    text: actionText(step2.action),
    startMs: Math.round(step2.at),
    durationMs: Math.round(step2.took),
    ok: step2.ok,
    ...step2.aborted ? { aborted: step2.aborted } : {},
    undo: step2.undo,
    note: step2.note ?? failureNote(step2, failures),
    ...step2.watched === void 0 ? {} : { metrics: { ...step2.watched, share: shareAfter(step2.host, steps.slice(0, index)) } },
    ...step2.images === void 0 ? {} : { images: step2.images }
  }));
}
function failureNote({ host, action }, failures) {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === void 0 ? void 0 : messageWithoutHost(host, failure.error);
}
function shareAfter(host, steps) {
  const last = steps.findLast(
    (step2) => step2.host === host && (step2.action.kind === "split-traffic" || step2.action.kind === "switch-traffic")
  );
  return last?.action.kind === "split-traffic" ? last.action.share : 1;
}
function plannedSteps(plan) {
  return STAGES.flatMap(
    (stage) => [...plan.hosts].flatMap(
      ([host, stages]) => (stages[stage] ?? []).map((step2) => ({
        host,
        stage,
        text: actionText(step2.action),
        startMs: void 0,
        durationMs: void 0,
        ok: void 0,
        undo: false,
        note: step2.reason
      }))
    )
  );
}

// src/deployment-report.ts
function reportPlan(deployment, plan, hosts) {
  const { release, strategy, destination, options, context } = deployment;
  const { report, log } = context;
  const removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host)
  );
  if (removed.length > 0) log.notice(removedHostsText(removed));
  const previous = hosts.map(liveRelease).find((live) => live !== void 0 && live.id !== release.id);
  report.set({
    removed,
    previous: previous?.id,
    previousRevision: previous?.observed?.record?.origin.revision,
    strategy: strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: options.url?.url ?? releaseUrl(release, destination.hosts)
  });
  {
    var _stack = [];
    try {
      const _group = __using(_stack, openGroup("Plan"));
      for (const line of planLines(plan, release)) log.info(line);
      for (const line of outdatedAccessoryNotices(deployment, hosts)) log.notice(line);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  if (isEmptyPlan(plan)) log.info(`Release ${release.id} is live on every host already: nothing to do.`);
  if (options.dryRun) {
    const before = hosts.map(statusReport);
    const live = commonRelease(before);
    report.set({
      result: "planned",
      state: NOTHING_CHANGED_TEXT,
      steps: plannedSteps(plan),
      hosts: before,
      live
    });
  } else if (isEmptyPlan(plan)) report.set(unchangedResult(hosts, release));
}
function outdatedAccessoryNotices({ release, updateAccessories, command }, hosts) {
  if (updateAccessories || command === "rollback") return [];
  const changed = new Set(
    hosts.flatMap((host) => {
      const recreated = proxiesToConnect(host, release);
      return changedAccessories(host, release).filter((name) => !recreated.includes(name));
    })
  );
  return [...changed].map(
    (name) => `${name}: its definition has changed. Accessories are left as they are; "accessories: update" recreates it and keeps its volumes.`
  );
}
function reportProgress(plan, url, log) {
  const hosts = [...plan.hosts.keys()];
  const startedAt = performance.now();
  return {
    onStageStart: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - startedAt)),
    onStepStart(host, stage, action) {
      log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
      const line = stepStartLine(host, action, hosts);
      if (line !== void 0) log.info(line);
    },
    onStepEnd: (result, error2) => log.info(stepLine(result, error2, hosts)),
    onWait(note, step2) {
      const what = step2 === void 0 ? `url ${url}` : stepText(step2.host, step2.action, hosts);
      log.info(waitLine(what, note));
    }
  };
}
function reportOutcome({ release, options, context }, before, outcome) {
  const { report, log } = context;
  const failures = outcome.kind === "succeeded" ? [] : [...outcome.failures, ...outcome.undoFailures];
  const result = deployResultOf(before, release, outcome);
  report.set({ ...result, steps: stepReports(outcome.steps, failures) });
  for (const line of downtimeLines(result.hosts)) log.info(line);
  if (outcome.kind === "succeeded") {
    addWarnings(report, outcome.warnings);
    for (const warning2 of outcome.warnings) log.warning(warning2);
    return;
  }
  const urlFailed = outcome.failures.some(
    ({ host, stage, cancelled }) => host === void 0 && stage === "verify" && cancelled !== true
  );
  if (options.url !== void 0 && urlFailed) report.set({ answer: "did not answer as expected" });
  report.set({ evidence: outcome.evidence });
  const { shown, others, title } = splitEvidence(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
  for (const line of hostLines(result.hosts)) log.info(line);
  throw combineFailures(outcome.failures);
}

// src/image-layers.ts
var LAYER_REQUEST_TIMEOUT = 15e3;
var NO_RETRIES = { attempts: 1, firstWait: 0, longestWait: 0 };
function createLayerLookup({ run: run2, log, folder, signal }, environment) {
  const answers = /* @__PURE__ */ new Map();
  const request6 = async (image) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LAYER_REQUEST_TIMEOUT)]);
    const imageContext = {
      ...{ run: run2, log, folder, environment },
      workspace: process.cwd(),
      retryPolicy: NO_RETRIES,
      signal: deadline
    };
    return (await new Registry(imageContext).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = answers.get(image) ?? request6(image);
    answers.set(image, answer);
    answer.catch(() => answers.delete(image));
    return answer;
  };
}

// src/plan/failed-restarts.ts
function onlyFailedRestarts(outcome, desired) {
  if (outcome.kind === "succeeded" || outcome.undoFailures.length > 0) return [];
  const failedRestarts = outcome.failures.flatMap(
    ({ host, stage, action, error: error2 }) => host !== void 0 && stage === "recover" && (action?.kind === "start-services" || action?.kind === "check-health") && action.release !== desired ? [{ host, release: action.release, error: error2 }] : []
  );
  return failedRestarts.length === outcome.failures.length ? failedRestarts : [];
}
function markRestartFailed(hosts, failedRestarts) {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map(
      (release) => failedRestarts.some((each) => each.host === host.host && each.release === release.id) ? { ...release, restartFailed: true } : release
    )
  }));
}

// src/plan/outcome.ts
function joinOutcomes(first, second) {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    ...joinReachability(first, second),
    steps: [...first.steps, ...second.steps.map((step2) => ({ ...step2, at: step2.at + began }))]
  };
}
function joinReachability(first, second) {
  if (first.kind === "succeeded" || second.kind === "succeeded") return {};
  const hosts = /* @__PURE__ */ new Set([...first.reachability?.keys() ?? [], ...second.reachability?.keys() ?? []]);
  const joined = [...hosts].map((host) => {
    const [one, other] = [first.reachability?.get(host), second.reachability?.get(host)];
    return [host, { before: one?.before ?? other?.before, after: other?.after }];
  });
  return { reachability: new Map(joined) };
}

// src/plan/preflight.ts
function checkForeignPorts(host, release) {
  const needed = [...edgePortsOf(release), ...hasDomains(release) && !host.frontRunning ? [80, 443] : []];
  for (const port of needed) {
    const holder = host.foreignPorts.get(port);
    if (holder !== void 0) {
      throw new ConfigurationError(
        `${host.host}: port ${port} is already taken by container "${holder}". Publish another port in the Compose file, or stop that container first.`
      );
    }
  }
}
function checkProxiedPorts(host, release, updateAccessories) {
  const live = liveRelease(host)?.record;
  const recreated = [
    ...updateAccessories ? changedAccessories(host, release) : [],
    ...proxiesToConnect(host, release)
  ];
  const proxy = proxiesOf(release).find(
    (name) => !recreated.includes(name) && host.accessories.some(({ service, state }) => service === name && state === "running")
  );
  if (live === void 0 || proxy === void 0) return;
  const lost = proxiedPortsOf(live).find((port) => !proxiedPortsOf(release).includes(port));
  if (lost === void 0) return;
  throw new ConfigurationError(
    `${host.host}: ${proxy} runs and sends requests to ${lost}, which this release does not have. Keep that port, or deploy with "accessories: update", which replaces ${proxy}.`
  );
}
var proxiedPortsOf = ({ routes }) => routes.flatMap(({ service, upstream }) => upstream === void 0 ? [] : [`${service}:${upstream.port}`]);
var MAX_CONTAINER_NAME = 63;
var PLACEHOLDER_RELEASE_ID = parseReleaseId("xxxxxxxx");
function checkContainerNames(release) {
  const project = releaseProject({ ...release, id: PLACEHOLDER_RELEASE_ID });
  for (const { service } of release.routes) {
    const name = `${project}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - MAX_CONTAINER_NAME;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, which is ${excess} characters too long to be found by name. Give the service or the app ("app") a shorter name.`
    );
  }
}

// src/model/route.ts
var MAX_SERVED_REPLICAS = 24;

// src/edge/layout.ts
var APP_VOLUME_MOUNT = "/sealift";
var EDGE_FOLDER = `${APP_VOLUME_MOUNT}/edge`;
var SPLIT_FILE = "split";
var releaseFile = (slot) => `${slot}.release`;
var addressFile = (slot, route, index) => `${slot}.${route}.${index}`;
var filePlaceholder = (name) => `{file.${EDGE_FOLDER}/${name}}`;
var ALL_TRAFFIC_TO = { blue: "0", green: "g" };
var SPLIT_PATTERN = "([0-9a-f]{8}) (blue|green)";
var BUCKETS = 2 ** 32;
function splitFor(slot, share) {
  if (share >= 1) return ALL_TRAFFIC_TO[slot];
  if (share <= 0) return ALL_TRAFFIC_TO[otherSlot(slot)];
  const boundary = Math.min(BUCKETS - 1, Math.max(1, Math.round(share * BUCKETS)));
  return `${boundary.toString(16).padStart(8, "0")} ${slot}`;
}
function canarySlotIn(split) {
  const slot = new RegExp(`^${SPLIT_PATTERN}$`).exec(split)?.[2];
  return SLOTS.find((each) => each === slot);
}
var stateVolume = (app) => `${baseProject(app)}-sealift`;
var SOCKETS_FOLDER = "/run/edge";
var innerServer = (slot, route) => `${slot}.${route}`;
var innerSocket = (slot, route) => socketPath(`${SOCKETS_FOLDER}/${innerServer(slot, route)}`);
var FRONT_VOLUME = "sealift-front";
var FRONT_MOUNT = "/front";
var FRONT_APPS_FOLDER = `${FRONT_MOUNT}/apps`;
var routeFolder = (app, route) => `${FRONT_APPS_FOLDER}/${baseProject(app)}.${route}`;
var routeSocket = (app, route) => socketPath(`${routeFolder(app, route)}/s`);
var MAX_SOCKET_PATH = 107;
function socketPath(path) {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${MAX_SOCKET_PATH} characters: ${path}. Give the service, the app or the environment a shorter name.`
  );
}
var DOMAINS_FOLDER = `${FRONT_MOUNT}/domains`;
var MAX_DOMAIN_LENGTH = MAX_SOCKET_PATH - `${DOMAINS_FOLDER}//s`.length;

// src/edge/addresses.ts
function slotAddressFiles(slot, addresses) {
  const files = /* @__PURE__ */ new Map();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0)
      throw new ConfigurationError(
        `route ${route}: none of its containers runs, so it can get no requests. Deploy again.`
      );
    if (replicas.length > MAX_SERVED_REPLICAS) {
      throw new ConfigurationError(
        `route ${route} has ${replicas.length} replicas. The edge can send requests to at most ${MAX_SERVED_REPLICAS}. Lower deploy.replicas, or add hosts.`
      );
    }
    for (let index = 0; index < MAX_SERVED_REPLICAS; index++) {
      files.set(addressFile(slot, route, index), replicas[index % replicas.length] ?? "");
    }
  }
  return files;
}
function mixAddresses(first, second, share) {
  const added = [...second].flatMap(([route, replicas]) => replicas.length > 0 ? [route] : []);
  const count = Math.min(MAX_SERVED_REPLICAS - 1, Math.max(1, Math.round(MAX_SERVED_REPLICAS * share)));
  return new Map(
    [.../* @__PURE__ */ new Set([...first.keys(), ...added])].map((route) => {
      const [ours, theirs] = [first.get(route) ?? [], second.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]];
      const entries = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => {
        const before = Math.floor(index * count / MAX_SERVED_REPLICAS);
        const isTheirs = Math.floor((index + 1) * count / MAX_SERVED_REPLICAS) > before;
        const [list, position] = isTheirs ? [theirs, before] : [ours, index - before];
        return list[position % list.length] ?? "";
      });
      return [route, entries];
    })
  );
}
function fallbackAddresses(routes, release, addresses) {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(matchingRoute(route, release)?.id ?? "") ?? [];
      return found.length === 0 ? [] : [[route.id, found]];
    })
  );
}

// src/edge/script.ts
async function runScript(engine, container, { name, text }, args, signal) {
  const { exitCode, stdout, stderr } = await engine.exec(container, ["sh", "-c", text, name, ...args], {
    signal
  });
  if (exitCode === 0) return stdout;
  const evidence = `${stderr}
${stdout}`.trim().split("\n");
  const reason = evidence[0] || `exit code ${exitCode}, without output`;
  throw new HostError(engine.host, `${name} failed in ${container}: ${reason}`, { evidence });
}

// src/edge/domains.ts
var CLAIM_SCRIPT = {
  name: "domains",
  text: `
set -eu
cd "$1"; project=$2; shift 2
owner_of() { owner=; if [ -e "$1/owner" ]; then read -r owner route < "$1/owner" || :; fi; }
taken=
for pair in "$@"; do
  owner_of "\${pair%%=*}"
  if [ -n "$owner" ] && [ "$owner" != "$project" ]; then echo "taken \${pair%%=*} $owner"; taken=1; fi
done
[ -z "$taken" ] || exit 0
for pair in "$@"; do
  domain=\${pair%%=*}; route=\${pair#*=}
  mkdir -p "$domain"
  ln -sfn "../../apps/$project.$route/s" "$domain/.s.$$"; mv -f "$domain/.s.$$" "$domain/s"
  printf '%s %s\\n' "$project" "$route" > "$domain/.owner.$$"
  owner_of "$domain"
  if [ "$owner" = "$project" ]; then mv -f "$domain/.owner.$$" "$domain/owner"
  elif ln "$domain/.owner.$$" "$domain/owner"; then rm -f "$domain/.owner.$$"
  else rm -f "$domain/.owner.$$"; owner_of "$domain"; echo "taken $domain $owner"; exit 0
  fi
done
for folder in */; do
  [ -d "$folder" ] || continue
  domain=\${folder%/}
  owner_of "$domain"
  [ "$owner" = "$project" ] || continue
  kept=
  for pair in "$@"; do if [ "\${pair%%=*}" = "$domain" ]; then kept=1; fi; done
  if [ -z "$kept" ]; then rm -f "$domain/owner"; rm -rf "$domain"; fi
done
`
};
async function setDomains(engine, front, app, domains) {
  const names = [...domains.keys()];
  checkDomainNames(names);
  const pairs = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM_SCRIPT, [DOMAINS_FOLDER, baseProject(app), ...pairs]);
  const taken = printed.matchAll(/^taken (\S+) (\S+)/gm);
  const owners = new Map([...taken].map(([, domain = "", owner = ""]) => [domain, owner]));
  checkDomainOwners(engine.host, app, owners, names);
}
function checkDomainOwners(host, app, owners, domains) {
  checkDomainNames(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === void 0 || owner === baseProject(app)) continue;
    throw new ConfigurationError(
      `domains: on ${host}, ${domain} already points to ${owner}. Remove it there first, or remove it from "domains" here.`
    );
  }
}
async function readDomainOwners(engine, front) {
  return domainOwnersIn(await engine.readFiles(front, DOMAINS_FOLDER));
}
function domainOwnersIn(files) {
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file] = path.split("/").slice(-2);
    const [owner = ""] = content.toString("utf8").split(" ");
    return file === "owner" && domain !== void 0 ? [[domain, owner]] : [];
  });
  return new Map(owners);
}
function checkDomainNames(domains) {
  for (const domain of domains) {
    if (domain.length > MAX_DOMAIN_LENGTH) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${MAX_DOMAIN_LENGTH}, because they are part of the path of a socket, which Linux limits. Use a shorter one.`
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`
      );
    }
  }
}
function refuseForeignDomains(host, app, owners, reason) {
  const others = new Set([...owners.values()].filter((owner) => owner !== baseProject(app)));
  if (others.size === 0) return;
  const names = [...others].join(", ");
  throw new HostError(
    host,
    `${reason} It serves domains of ${names} too, so Sealift does not replace it. Give all apps of this host the same "acme-directory" and "acme-ca".`
  );
}

// src/edge/caddy.ts
var ADMIN_ADDRESS = "127.0.0.1:2019";
var adminConfig = { listen: ADMIN_ADDRESS, config: { persist: false } };
var noAutomaticHttps = { disable: true };
var proxyServer = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };
var http2WithoutTls = { versions: ["h2c", "2"] };
function textResponse(status2, body, headers = {}) {
  return {
    handler: "static_response",
    status_code: status2,
    headers: { "Content-Type": ["text/plain; charset=utf-8"], ...headers },
    body: `${body}
`
  };
}
var textRoutes = (status2, body) => ({
  routes: [{ handle: [textResponse(status2, body)] }]
});
function reverseProxy(to, transport, retries) {
  return {
    handler: "reverse_proxy",
    upstreams: to.map((dial2) => ({ dial: dial2 })),
    transport: { protocol: "http", compression: false, ...transport },
    ...retries === void 0 ? {} : { load_balancing: retries },
    headers: { request: { delete: ["Via"] }, response: { delete: ["Via"] } },
    flush_interval: -1,
    // Only a reload closes streams. Sealift never reloads, but a person may.
    stream_close_delay: "1h"
  };
}
var bufferSmallBody = {
  match: [{ header_regexp: { "Content-Length": { pattern: "^[0-9]{1,5}$" } } }],
  handle: [{ handler: "vars", body: "{http.request.body}" }]
};
var retryUnsent = {
  try_duration: "5s",
  try_interval: "50ms",
  retry_match: [{ not: [{}] }]
};

// src/edge/caddy-container.ts
function caddyContainerSpec(options) {
  const { image, config, scratch, networks, volumes, ports } = options;
  const env = { XDG_DATA_HOME: `${scratch}/data`, XDG_CONFIG_HOME: `${scratch}/config`, ...options.env };
  return {
    Image: image,
    Entrypoint: ["caddy"],
    Cmd: ["run", "--config", config],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    User: "0:0",
    WorkingDir: "/",
    Labels: options.labels,
    // Seconds. Caddy waits for requests in flight; nobody should wait longer for an edge.
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([port, published]) => [
          port,
          published.map((host) => ({ HostIp: host.address ?? "", HostPort: String(host.port) }))
        ])
      ),
      // Not `unless-stopped`: after a crash of the engine, that counts as stopped (seen with Docker 28.5).
      RestartPolicy: { Name: "always" },
      NetworkMode: Object.keys(networks)[0],
      Mounts: Object.entries(volumes).map(([Source, Target]) => ({ Type: "volume", Source, Target })),
      Tmpfs: { [scratch]: "rw,noexec,nosuid,nodev,mode=0700,size=16m" },
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "3" } },
      CapDrop: ["ALL"],
      // The caddy of the official image has this file capability, and does not start without it.
      CapAdd: ["NET_BIND_SERVICE"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      // A reservation and no limit: an edge that is killed for its memory takes every release down.
      MemoryReservation: 64 * 1024 * 1024
    },
    NetworkingConfig: { EndpointsConfig: networks }
  };
}
async function writeIntoMount(engine, id, mount, files, mode = 420) {
  const relative5 = files.map(([path, content]) => [path.slice(mount.length + 1), { content, mode }]);
  await engine.writeFiles(id, mount, new Map(relative5));
}
var WAIT_SCRIPT = `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5; do
    wget -q -T 2 -O /dev/null "http://$1/config/admin/listen" 2>/dev/null && exit 0
    sleep 0.05
  done
  sleep 0.25
done
wget -T 2 -O /dev/null "http://$1/config/admin/listen"
`;
async function waitForCaddy(engine, id) {
  let output;
  try {
    const argv = ["sh", "-c", WAIT_SCRIPT, "await", ADMIN_ADDRESS];
    const { exitCode, stdout, stderr } = await engine.exec(id, argv);
    if (exitCode === 0) return;
    output = `${stdout}${stderr}`.trim();
  } catch (error2) {
    if (engine.disconnected.aborted) throw error2;
    output = messageOf(error2);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === "running" ? "it runs" : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `Caddy in container ${details.name} does not serve requests (${state}). Is "edge-image" an image of Caddy 2.10 or later?`,
    { evidence: [output, ...logs] }
  );
}

// src/edge/edge-sockets.ts
var socketsScript = (name, action) => ({
  name,
  text: `
set -eu
apps=$1; project=$2; edge=$3
for folder in "$apps/$project".*; do
  socket=$folder/s; kept=$folder/s-$edge
${action}
done
`
});
var KEEP_SCRIPT = socketsScript("keep-sockets", '  if [ -S "$socket" ]; then ln -f "$socket" "$kept"; fi');
var RETURN_SCRIPT = socketsScript(
  "return-sockets",
  '  if [ -S "$kept" ]; then mv -f "$kept" "$socket"; rm -f "$kept"; fi'
);
var FORGET_SCRIPT = socketsScript("forget-sockets", '  rm -f "$folder"/s-*');
async function run(script, engine, app, edge) {
  const args = [FRONT_APPS_FOLDER, baseProject(app), edge.slice(0, 12)];
  await runScript(engine, edge, script, args);
}
var keepSockets = (engine, app, edge) => run(KEEP_SCRIPT, engine, app, edge);
var returnSockets = (engine, app, edge) => run(RETURN_SCRIPT, engine, app, edge);
var forgetSockets = (engine, app, edge) => run(FORGET_SCRIPT, engine, app, edge);

// src/edge/edge-spec.ts
import { createHash as createHash2 } from "node:crypto";
var EDGE_LAYOUT_VERSION = 4;
var FIRST_PORT = 8e3;
function edgeFingerprint(spec) {
  const routes = sortedRoutes(spec).map(({ id, published, socket, protocol, upstream }) => [
    id,
    published.map(publishedAddress).sort(),
    socket,
    ...protocol === void 0 ? [] : [protocol],
    ...upstream === void 0 ? [] : [canonicalJson(upstream)]
  ]);
  const { trustedProxies } = spec;
  const content = trustedProxies === void 0 ? routes : { routes, trustedProxies };
  const digest = createHash2("sha256").update(JSON.stringify(content)).digest("hex");
  return `${EDGE_LAYOUT_VERSION}-${digest.slice(0, 16)}`;
}
function routesWithPorts(spec) {
  const taken = new Set(spec.routes.map(({ upstream }) => upstream?.port));
  let next = FIRST_PORT;
  return sortedRoutes(spec).map((route) => {
    while (taken.has(next)) next += 1;
    return { ...route, port: next++ };
  });
}
function sortedRoutes({ routes }) {
  return [...routes].sort((one, other) => one.id < other.id ? -1 : 1);
}

// src/edge/networks.ts
var labelFilters = (labels) => Object.entries(labels).map(([key, value]) => `${key}=${value}`);
async function ensureSlotNetworks(engine, app) {
  await Promise.all(
    SLOTS.map(
      (slot) => ensureNetwork(engine, slotNetwork(app, slot), { ...labelsOf(app), [LABEL.slot]: slot })
    )
  );
}
async function ensureNetwork(engine, name, labels) {
  const known = await engine.listNetworks(labelFilters(labels));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: "bridge", Labels: labels });
}
async function ensureStateVolume(engine, app) {
  await engine.createVolume({ Name: stateVolume(app), Labels: labelsOf(app) });
}

// src/edge/replace-edge.ts
import { setTimeout as pause4 } from "node:timers/promises";

// src/edge/drain.ts
import { isIPv4, isIPv6 as isIPv63 } from "node:net";
var DRAIN_SCRIPT = {
  name: "drain",
  text: `
set -u
limit=$1; admin=$2; slots=$3; addresses=$4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
in_flight() {
  metrics=$(wget -q -T 5 -O - "http://$admin/metrics") || return 1
  echo "$metrics" | awk -v slots="$slots" '
    BEGIN { count = split(slots, names, " ") }
    index($0, "caddy_http_requests_in_flight{") == 1 {
      for (i = 1; i <= count; i++) if (index($0, "server=\\"" names[i] ".")) left += $NF
    }
    END { print left + 0 }'
}
# 01 is ESTABLISHED, 02 SYN_SENT.
connected() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v addresses="$addresses" '
    BEGIN { count = split(addresses, list, " "); for (i = 1; i <= count; i++) meant[list[i]] = 1 }
    ($4 == "01" || $4 == "02") && (substr($3, 1, index($3, ":") - 1) in meant) { left++ }
    END { print left + 0 }'
}
end=$(( $(now) + limit ))
sleep 0.5
quiet=0
while :; do
  left=$(in_flight) || { echo "Caddy's metrics can't be read" >&2; exit 1; }
  if [ -n "$addresses" ] && [ "$left" != 0 ]; then
    open=$(connected)
    if [ "$open" -lt "$left" ]; then left=$open; fi
  fi
  if [ "$left" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  if [ $quiet = 2 ] || [ "$(now)" -ge $end ]; then echo "$left"; exit 0; fi
  sleep 0.1
done
`
};
async function drainSlot(engine, edge, slot, timeout) {
  return waitUntilDrained(engine, edge, [slot], [], timeout);
}
async function drainAddresses(engine, edge, addresses, timeout, signal) {
  const entries = addresses.map(socketTableAddress).filter((entry) => entry !== void 0);
  return entries.length === 0 ? 0 : waitUntilDrained(engine, edge, SLOTS, entries, timeout, signal);
}
async function waitUntilDrained(engine, edge, slots, addresses, timeout, signal) {
  const args = [String(Math.ceil(timeout / 10)), ADMIN_ADDRESS, slots.join(" "), addresses.join(" ")];
  const printed = await runScript(engine, edge, DRAIN_SCRIPT, args, signal);
  const left = Number.parseInt(printed, 10);
  if (!Number.isNaN(left)) return left;
  throw new HostError(
    engine.host,
    `drain printed "${printed.trim()}" in ${edge} instead of a number, so it is not known how many requests were in flight. Deploy again.`
  );
}
function socketTableAddress(address) {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : isIPv63(address) ? ipv6Bytes(address) : void 0;
  if (bytes === void 0) return void 0;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString("hex").toUpperCase()).join("");
}
function ipv6Bytes(address) {
  const [head = "", tail] = address.split("::");
  const groups = (text = "") => text === "" ? [] : text.split(":").map((group2) => Number.parseInt(group2, 16));
  const [first, last] = [groups(head), groups(tail)];
  const missing = tail === void 0 ? 0 : 8 - first.length - last.length;
  return [...first, ...Array(missing).fill(0), ...last].flatMap((group2) => [group2 >> 8, group2 & 255]);
}

// src/edge/forwarded.ts
var FORWARDED_HEADERS = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Real-Ip",
  "Forwarded"
];
var claimedHeader = (name) => `Sealift-Claimed-${name}`;
var claimedHeaders = FORWARDED_HEADERS.map(claimedHeader);
var headerPlaceholder = (name) => `{http.request.header.${name}}`;
var keepClaims = {
  handle: [
    {
      handler: "headers",
      request: {
        set: Object.fromEntries(
          FORWARDED_HEADERS.map((name) => [claimedHeader(name), [headerPlaceholder(name)]])
        ),
        delete: FORWARDED_HEADERS
      }
    }
  ]
};
function forwardedRoutes(trusted) {
  const isTrusted = { vars: { trusted_proxy: ["true"] } };
  const isThroughFront = { vars: { "{http.request.remote}": ["@"] } };
  const told = (name) => name === "X-Forwarded-For" ? `${headerPlaceholder(claimedHeader(name))}, {http.vars.client_ip}` : headerPlaceholder(claimedHeader(name));
  const restore = FORWARDED_HEADERS.map((name) => ({
    match: [
      {
        ...isThroughFront,
        client_ip: { ranges: trusted },
        header_regexp: { [claimedHeader(name)]: { pattern: "." } }
      }
    ],
    handle: [{ handler: "headers", request: { set: { [name]: [told(name)] } } }]
  }));
  return [
    {
      match: [{ not: [isTrusted] }],
      handle: [{ handler: "headers", request: { delete: FORWARDED_HEADERS } }]
    },
    ...trusted.length > 0 ? restore : [],
    { handle: [{ handler: "headers", request: { delete: claimedHeaders } }] }
  ];
}
var trustedProxyRanges = (ranges) => ranges.length === 0 ? {} : { trusted_proxies: { source: "static", ranges } };
var visitorAddress = (ranges) => ranges.length === 0 ? { settings: {}, routes: [] } : {
  settings: { ...trustedProxyRanges(ranges), trusted_proxies_strict: 1 },
  routes: [
    {
      match: [{ not: [{ vars: { client_ip: ["@"] } }] }],
      handle: [
        { handler: "headers", request: { set: { "X-Forwarded-For": ["{http.vars.client_ip}"] } } }
      ]
    }
  ]
};
var FORWARDED_FOR = "X-Forwarded-For";
var keepForwardedFor = {
  match: [{ header_regexp: { [FORWARDED_FOR]: { pattern: "." } } }],
  handle: [
    {
      handler: "headers",
      request: { set: { [claimedHeader(FORWARDED_FOR)]: [headerPlaceholder(FORWARDED_FOR)] } }
    }
  ]
};
var returnForwardedFor = {
  match: [{ header_regexp: { [claimedHeader(FORWARDED_FOR)]: { pattern: "." } } }],
  handle: [
    {
      handler: "headers",
      request: {
        set: { [FORWARDED_FOR]: [headerPlaceholder(claimedHeader(FORWARDED_FOR))] },
        delete: [claimedHeader(FORWARDED_FOR)]
      }
    }
  ]
};

// src/edge/speaks-tls.ts
var CLIENT_HELLO = `
16030100ea010000e603036f016c4829e9ec5eaf6fcd82f466126c7bc520eb92a88ed0d31e90c03bd2115e20af545a6c3def901aa9bbed3a8f04e327
924675bfbd3076f0ebe172923feaa2f40018130113021303c02bc02fc02cc030cca9cca8009c002f00ff01000085000b000403000102000a00060004
001d0017002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020
602002b00050403040303002d00020101003300260024001d0020a37ee0b6e6d331bc4a897af9a86a6fd73308152599ff4bf61451054b63b2ff66`;
var octal = [...Buffer.from(CLIENT_HELLO.replaceAll("\n", ""), "hex")].map(
  (byte) => `\\${byte.toString(8).padStart(3, "0")}`
);
var SPEAKS_TLS = `
speaks_tls() {
  case $(printf '${octal.join("")}' | timeout 6 nc -w 3 "$1" "$2" 2>/dev/null | dd bs=1 count=1 2>/dev/null | od -An -tx1) in
    *15*|*16*) return 0;;
  esac
  return 1
}
`;

// src/edge/probe-server.ts
var PROBE_ADDRESS = "127.0.0.1:2020";
var PROBE_TARGET_HEADER = "Sealift-Target";
var PROBE_HOST_HEADER = "Sealift-Host";
var PROBE_SCHEME_HEADER = "Sealift-Scheme";
var PROBE_PROTOCOL_HEADER = "Sealift-Protocol";
var LOCAL_IDENTITY = { host: "localhost", scheme: "http", protocol: "http" };
var GRPC_HEALTH_CHECK = "/grpc.health.v1.Health/Check";
var EMPTY_GRPC_MESSAGE = "\0".repeat(5);
var NOT_SERVING = "NOT_SERVING";
var NO_ANSWER = "error:";
function askContainer(transport, headers, responses) {
  return {
    handler: "reverse_proxy",
    upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
    headers: {
      request: {
        set: {
          Host: [`{http.request.header.${PROBE_HOST_HEADER}}`],
          "X-Forwarded-Host": [`{http.request.header.${PROBE_HOST_HEADER}}`],
          "X-Forwarded-Proto": [`{http.request.header.${PROBE_SCHEME_HEADER}}`],
          "User-Agent": ["sealift-health"],
          ...headers
        },
        delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER, PROBE_SCHEME_HEADER, PROBE_PROTOCOL_HEADER]
      }
    },
    transport: {
      ...{ protocol: "http", dial_timeout: "2s", response_header_timeout: "5s" },
      keep_alive: { enabled: false },
      ...transport
    },
    handle_response: responses
  };
}
var statusCode = textRoutes(200, "{http.reverse_proxy.status_code}");
var isProtocol = (protocol) => ({
  match: [{ header: { [PROBE_PROTOCOL_HEADER]: [protocol] } }],
  terminal: true
});
var probeServer = {
  listen: [PROBE_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      ...isProtocol("grpc"),
      handle: [
        { handler: "rewrite", method: "POST", uri: GRPC_HEALTH_CHECK },
        { handler: "request_body", set: EMPTY_GRPC_MESSAGE },
        askContainer(http2WithoutTls, { "Content-Type": ["application/grpc"], Te: ["trailers"] }, [
          { match: { headers: { "Grpc-Status": ["*"] } }, ...textRoutes(200, "grpc-status") },
          { routes: [{ handle: [{ handler: "copy_response", status_code: 200 }] }] }
        ])
      ]
    },
    { ...isProtocol("h2c"), handle: [askContainer(http2WithoutTls, {}, [statusCode])] },
    { handle: [askContainer({}, {}, [statusCode])] }
  ],
  errors: textRoutes(200, `${NO_ANSWER} {http.error.message}`)
};
var PROBE_FUNCTIONS = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
request() {
  target=$1; path=$2; shift 2
  wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $target" --header "${PROBE_HOST_HEADER}: $host" --header "${PROBE_SCHEME_HEADER}: $scheme" --header "${PROBE_PROTOCOL_HEADER}: $protocol" "$@" "http://${PROBE_ADDRESS}$path" 2>&1 | tr '\\n\\000\\001\\002\\003\\010' ' 01238'
}
${SPEAKS_TLS}
has_answered() { case $1 in [1-9][0-9][0-9]' '|${NOT_SERVING}*) return 0;; esac; return 1; }
ask_grpc() {
  answer=$(request "$1" /)
  case $answer in
    0000281) answer='200 ';;
    000028[0-9]|00000) answer=${NOT_SERVING};;
    ${NO_ANSWER}*|wget:*) ;;
    *) answer='200 ';;
  esac
}
ask() {
  if [ "$protocol" = grpc ]; then ask_grpc "$1"; else answer=$(request "$1" "$2"); fi
  case $protocol$answer in
    http*EOF*|http*reset*)
      upgraded=$(request "$1" "$2" --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
      if has_answered "$upgraded"; then answer=$upgraded; fi;;
  esac
  # TLS servers answer a request without TLS with 400, or not at all.
  case $protocol$answer in
    http400' '|http*EOF*|http*reset*) if speaks_tls "\${1%:*}" "\${1##*:}"; then answer=TLS; fi;;
  esac
  printf '%s' "\${answer#${NO_ANSWER} }"
}
`;

// src/edge/split-routes.ts
var RELEASE_HEADER = "Sealift-Release";
var releaseCookie = (app) => `sealift-release-${baseProject(app)}`;
var bucketCookie = (app) => `rel_${baseProject(app)}`;
function splitRoutes(spec, to) {
  const bucket = cookiePattern(bucketCookie(spec), "[0-9a-f]{8}");
  const first = "{http.vars.bucket} < {http.regexp.division.1}";
  const secure = spec.routes.every(({ published }) => published.length === 0) ? "; Secure" : "";
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure}`;
  const cookie = `${bucketCookie(spec)}={http.vars.bucket}; ${attributes}`;
  const routes = [
    ...releaseChoiceRoutes(spec, to),
    { match: [headerMatcher(bucket, "own")], handle: [{ handler: "vars", bucket: "{http.regexp.own.1}" }] },
    {
      match: [{ not: [headerMatcher(bucket)] }],
      handle: [
        {
          handler: "map",
          source: "{http.request.uuid}",
          destinations: ["{new_bucket}"],
          mappings: [{ input_regexp: "^([0-9a-f]{8}).*$", outputs: ["${1}"] }]
        },
        { handler: "vars", bucket: "{new_bucket}" },
        { handler: "headers", response: { add: { "Set-Cookie": [cookie] } } }
      ]
    },
    // Buckets before the boundary belong to the canary, in either slot: all hosts behind a balancer decide alike.
    { match: [{ expression: `(${first}) == ({http.vars.canary} == "green")` }], handle: [to("green")] },
    { handle: [to("blue")] }
  ];
  return [
    {
      match: [{ vars_regexp: { split: { name: "division", pattern: `^${SPLIT_PATTERN}$` } } }],
      handle: [{ handler: "subroute", routes }]
    }
  ];
}
function releaseChoiceRoutes(app, to) {
  const choice = "{http.vars.choice}";
  const chooses = (slot, other) => [
    `${choice} == {http.vars.${slot}}`,
    `(${choice} == "new" && {http.vars.canary} == "${slot}")`,
    `(${choice} == "old" && {http.vars.canary} == "${other}")`
  ].join(" || ");
  const variables = {
    handler: "vars",
    choice: "none",
    canary: "{http.regexp.division.2}",
    blue: filePlaceholder(releaseFile("blue")),
    green: filePlaceholder(releaseFile("green"))
  };
  const release = "new|old|[0-9a-f]{8}";
  const sources = [
    cookiePattern(releaseCookie(app), release),
    { header: RELEASE_HEADER, pattern: `^(${release})$` }
  ];
  return [
    { handle: [variables] },
    ...sources.map((source, index) => ({
      match: [headerMatcher(source, `choice${index}`)],
      handle: [{ handler: "vars", choice: `{http.regexp.choice${index}.1}` }]
    })),
    { match: [{ expression: chooses("green", "blue") }], handle: [to("green")] },
    { match: [{ expression: chooses("blue", "green") }], handle: [to("blue")] }
  ];
}
var cookiePattern = (name, value) => ({
  header: "Cookie",
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`
});
var headerMatcher = ({ header, pattern }, name) => ({
  header_regexp: { [header]: { ...name === void 0 ? {} : { name }, pattern } }
});

// src/edge/edge-config.ts
function edgeConfig(spec, addresses = /* @__PURE__ */ new Map()) {
  const routes = routesWithPorts(spec);
  const servers = [
    ...routes.filter(({ published, socket }) => published.length > 0 || socket).map((route) => [`public.${route.id}`, publicServer(spec, route)]),
    ...routes.flatMap(
      (route) => route.upstream === void 0 ? [] : [[`upstream.${route.id}`, upstreamServer(spec, route, route.upstream, addresses)]]
    ),
    ...routes.flatMap(
      (route) => SLOTS.map((slot) => [innerServer(slot, route.id), slotServer(spec, slot, route)])
    ),
    ["probe", probeServer]
  ];
  return { admin: adminConfig, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}
function publicServer(spec, route) {
  return {
    listen: [
      ...route.published.length > 0 ? [`:${route.port}`] : [],
      ...route.socket ? [`unix/${routeSocket(spec, route.id)}|0600`] : []
    ],
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ["h1", "h2c"],
    ...proxyServer,
    ...frontedServer(spec),
    routes: [{ handle: [{ handler: "subroute", routes: slotRoutes(spec, route) }] }]
  };
}
var headerProxies = ({ trustedProxies }) => trustedProxies === void 0 || trustedProxies.proxyProtocol ? [] : trustedProxies.ranges;
function frontedServer(spec) {
  const { trustedProxies } = spec;
  if (trustedProxies?.proxyProtocol !== true) return trustedProxyRanges(headerProxies(spec));
  return { listener_wrappers: [{ wrapper: "proxy_protocol", timeout: "5s", allow: trustedProxies.ranges }] };
}
function upstreamServer(spec, route, { network, port }, addresses) {
  return {
    listen: [`${addresses.get(network) ?? ""}:${port}`],
    protocols: ["h1", "h2c"],
    ...proxyServer,
    ...trustedProxyRanges(["0.0.0.0/0", "::/0"]),
    routes: [{ handle: [{ handler: "subroute", routes: slotRoutes(spec, route, [keepForwardedFor]) }] }]
  };
}
var versionsOf = ({ protocol }) => protocol === void 0 ? {} : http2WithoutTls;
function slotRoutes(spec, route, before = []) {
  const transport = { keep_alive: { max_idle_conns_per_host: 256 }, ...versionsOf(route) };
  const toSlot = (slot) => reverseProxy([`unix/${innerSocket(slot, route.id)}`], transport);
  return [
    ...forwardedRoutes(headerProxies(spec)),
    ...before,
    // Before the slot is chosen: the body may arrive later than the slot's release stops.
    bufferSmallBody,
    { handle: [{ handler: "vars", split: filePlaceholder(SPLIT_FILE) }] },
    { match: [{ vars: { split: [ALL_TRAFFIC_TO.green] } }], handle: [toSlot("green")] },
    ...splitRoutes(spec, toSlot),
    { handle: [toSlot("blue")] }
  ];
}
function slotServer(spec, slot, route) {
  const visitor = visitorAddress(headerProxies(spec));
  const beforeRelease = [...visitor.routes, ...route.upstream === void 0 ? [] : [returnForwardedFor]];
  const upstreams = Array.from(
    { length: MAX_SERVED_REPLICAS },
    (_, index) => filePlaceholder(addressFile(slot, route.id, index))
  );
  const [first = ""] = upstreams;
  const transport = {
    ...{ dial_timeout: "2s", keep_alive: { idle_timeout: "1s", max_idle_conns_per_host: 256 } },
    ...versionsOf(route)
  };
  const retries = { selection_policy: { policy: "round_robin" }, ...retryUnsent };
  const toRelease = reverseProxy(upstreams, transport, retries);
  return {
    listen: [`unix/${innerSocket(slot, route.id)}|0600`],
    protocols: route.protocol === void 0 ? ["h1"] : ["h1", "h2c"],
    ...proxyServer,
    ...visitor.settings,
    routes: [
      {
        match: [{ vars: { [first]: [""] } }],
        handle: [textResponse(503, "Service Unavailable: the app is not running.", { "Retry-After": ["5"] })]
      },
      // One route, so that a request counts once in the metrics.
      {
        handle: [
          { handler: "subroute", routes: [...beforeRelease, bufferSmallBody, { handle: [toRelease] }] }
        ]
      }
    ],
    errors: textRoutes("{http.error.status_code}", "{http.error.status_text}: the app does not answer.")
  };
}

// src/edge/read-traffic.ts
function readTraffic(files, app, accepted) {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? "";
  const trafficTo = (slot2) => {
    const release = state.get(releaseFile(slot2)) ?? "";
    return isReleaseId(release) ? { slot: slot2, release } : void 0;
  };
  const canary2 = canarySlotIn(split);
  if (canary2 !== void 0) return sharedTraffic(trafficTo(otherSlot(canary2)), trafficTo(canary2), accepted);
  const slot = SLOTS.find((each) => ALL_TRAFFIC_TO[each] === split);
  const live = slot && trafficTo(slot);
  if (live === void 0) return void 0;
  return sharedTraffic(live, mixedInRelease(state, app, live), accepted);
}
function readUpstreamContainers(files) {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? "";
  const slots = SLOTS.filter((slot) => canarySlotIn(split) !== void 0 || ALL_TRAFFIC_TO[slot] === split);
  const addresses = slots.flatMap((slot) => addressesIn(state, slot));
  return new Set(addresses.map((address) => address.slice(0, address.lastIndexOf(":"))));
}
function sharedTraffic(before, next, accepted) {
  if (before === void 0 || next === void 0) return before ?? next;
  return next.release === accepted ? { ...next, splitWith: before.release } : { ...before, splitWith: next.release };
}
function mixedInRelease(state, app, live) {
  const prefix = `${baseProject(app)}-`;
  const release = addressesIn(state, live.slot).filter((address) => address.startsWith(prefix)).map((address) => /^([0-9a-f]{8})-/.exec(address.slice(prefix.length))?.[1]).filter((id) => id !== void 0 && isReleaseId(id)).find((id) => id !== live.release);
  return release === void 0 ? void 0 : { slot: otherSlot(live.slot), release };
}
function addressesIn(state, slot) {
  return [...state].flatMap(
    ([name, text]) => name.startsWith(`${slot}.`) && text.includes(":") ? [text] : []
  );
}
function edgeFiles(files) {
  return new Map(
    [...files].filter(([path]) => !path.includes("/") || /(?:^|\/)edge\/[^/]+$/.test(path)).map(([path, content]) => [path.slice(path.lastIndexOf("/") + 1), content.toString("utf8").trim()])
  );
}

// src/edge/initial-files.ts
async function writeEdgeFiles(engine, { id, spec, config, addresses }, findAddresses2) {
  const files = initialEdgeFiles(spec);
  if (findAddresses2 !== void 0) {
    const existing = edgeFiles(await engine.readFiles(id, EDGE_FOLDER));
    for (const slot of SLOTS) {
      const release = existing.get(releaseFile(slot)) ?? "";
      if (!isReleaseId(release)) continue;
      for (const [name, address] of slotAddressFiles(slot, await findAddresses2(release)))
        files.set(name, `${address}
`);
    }
    for (const [name, content] of files) {
      const present = existing.get(name);
      if (present !== void 0 && (present !== "" || content === "")) files.delete(name);
    }
  }
  files.set(config, JSON.stringify(edgeConfig(spec, addresses)));
  const edgePaths = [...files].map(([name, content]) => [`${EDGE_FOLDER}/${name}`, content]);
  await writeIntoMount(engine, id, APP_VOLUME_MOUNT, edgePaths);
  const sockets = spec.routes.filter((route) => route.socket);
  const folders = sockets.map((route) => [`${routeFolder(spec, route.id)}/.keep`, ""]);
  if (folders.length > 0) await writeIntoMount(engine, id, FRONT_MOUNT, folders);
}
function initialEdgeFiles(spec) {
  const indexes = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => index);
  const slotFiles = SLOTS.flatMap((slot) => [
    releaseFile(slot),
    ...spec.routes.flatMap(({ id }) => indexes.map((index) => addressFile(slot, id, index)))
  ]);
  return new Map([[SPLIT_FILE, `${ALL_TRAFFIC_TO.blue}
`], ...slotFiles.map((name) => [name, ""])]);
}

// src/edge/taken-port.ts
async function explainTakenPort(engine, error2, ports) {
  const engineMessage = messageOf(error2);
  if (!/port is already allocated|address already in use/i.test(engineMessage)) return error2;
  const port = takenPort(engineMessage, ports);
  const containers = port === void 0 ? [] : await engine.listContainers([]);
  const holder = containers.find((container) => container.ports.some((held) => held.port === port))?.name;
  const taken = port === void 0 ? `one of the ports ${ports.join(", ")} is already taken.` : `port ${port} is already taken by ${holder === void 0 ? "a program outside Docker" : `container "${holder}"`}.`;
  const advice = holder === void 0 ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ""}'" on the host shows it.` : "";
  const message = `${taken} Stop what holds it, or publish another port in the Compose file.${advice}`;
  return new HostError(engine.host, message, { evidence: [engineMessage], cause: error2 });
}
function takenPort(engineMessage, ports) {
  const named = [...engineMessage.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : void 0);
}

// src/edge/upstreams.ts
var upstreamsOf = ({ routes }) => routes.flatMap(({ upstream }) => upstream ?? []);
async function upstreamAddresses(engine, spec) {
  const upstreams = upstreamsOf(spec);
  if (upstreams.length === 0) return /* @__PURE__ */ new Map();
  const networks = await engine.listNetworks(labelFilters(labelsOf(spec)));
  return new Map(
    upstreams.flatMap((upstream) => {
      const network = networks.find(({ name }) => name === upstreamNetwork(spec, upstream));
      if (network?.labels[POOL_LABEL] === void 0) return [];
      const subnet = network.subnets.map(parseRange).find((range) => range !== void 0);
      return subnet === void 0 ? [] : [[upstream.network, lastAddress(subnet)]];
    })
  );
}
function upstreamEndpoints(spec, addresses) {
  const byNetwork = Map.groupBy(upstreamsOf(spec), ({ network }) => network);
  return Object.fromEntries(
    [...byNetwork].map(([network, upstreams]) => {
      const address = addresses.get(network);
      return [
        upstreamNetwork(spec, { network }),
        {
          Aliases: [...new Set(upstreams.flatMap(({ names }) => names))],
          ...address === void 0 ? {} : { IPAMConfig: { IPv4Address: address } }
        }
      ];
    })
  );
}
function upstreamLabels(spec) {
  const found = upstreamsOf(spec).filter(({ labels }) => labels !== void 0);
  const [first] = found;
  if (first === void 0) return {};
  return {
    ...Object.assign({}, ...found.map(({ labels }) => labels)),
    "traefik.enable": "true",
    "traefik.docker.network": upstreamNetwork(spec, first)
  };
}
function upstreamHosts(upstreams, addresses) {
  return upstreams.flatMap(({ network, names }) => {
    const address = addresses.get(network);
    return address === void 0 ? [] : names.map((name) => `${name}=${address}`);
  });
}

// src/edge/replace-edge.ts
var REPLACED_EDGE_DRAIN_TIMEOUT = 1e4;
var RESTART_TRIES = 3;
var RESTART_INTERVAL = 1e3;
async function replaceEdges(engine, former, edge, findAddresses2) {
  const { id, spec } = edge;
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  const running = former.filter(({ state }) => state === "running");
  const networks = new Set(Object.keys(upstreamEndpoints(spec, edge.addresses)));
  const inTheWay = running.filter(
    (each) => each.ports.some(({ port }) => ports.includes(port)) || each.networks.some((name) => networks.has(name))
  );
  const beside = running.filter((each) => !inTheWay.includes(each));
  const takesSockets = spec.routes.some(({ socket }) => socket);
  const stopped = [];
  try {
    await writeEdgeFiles(engine, edge, findAddresses2);
    if (takesSockets) for (const each of beside) await keepSockets(engine, spec, each.id);
    for (const each of inTheWay) {
      stopped.push(each);
      await engine.stopContainer(each.id);
    }
    await engine.startContainer(id);
    await waitForCaddy(engine, id);
  } catch (error2) {
    if (engine.disconnected.aborted) throw error2;
    const explained = await explainTakenPort(engine, error2, ports).catch(() => error2);
    throw await restoreEdges(engine, edge, stopped, takesSockets ? beside : [], explained);
  }
  for (const each of beside)
    for (const slot of SLOTS) await drainSlot(engine, each.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
  await removeEdgeContainers(engine, former);
  if (takesSockets && beside.length > 0) await forgetSockets(engine, spec, id);
}
async function restoreEdges(engine, { id, spec }, stopped, beside, cause) {
  const failures = [];
  const attempt = async (what, action) => {
    await action().catch(
      (error2) => failures.push(`${what}: ${messageWithoutHost(engine.host, error2)}`)
    );
  };
  if (stopped.length + beside.length > 0)
    await attempt("The new edge could not be stopped", () => engine.stopContainer(id, 0));
  for (const each of beside)
    await attempt(`The former edge ${each.name} could not get its sockets back`, async () => {
      await returnSockets(engine, spec, each.id);
      await waitForCaddy(engine, each.id);
    });
  for (const each of stopped)
    await attempt(
      `The former edge could not be restored. When the cause is gone, "docker start ${each.name}" on the host starts it`,
      () => restartEdge(engine, each)
    );
  if (failures.length === 0)
    await attempt("The new edge could not be removed", () => engine.removeContainer(id, { force: true }));
  else await engine.setRestartPolicy(id, { name: "no", maxRetries: 0 }).catch(() => void 0);
  if (failures.length === 0) return cause;
  const message = `${messageWithoutHost(engine.host, cause)} ${failures.join(" · ")}`;
  return new HostError(engine.host, message, { cause });
}
async function restartEdge(engine, edge) {
  for (let tries = 1; ; tries += 1) {
    try {
      await engine.startContainer(edge.id);
      return await waitForCaddy(engine, edge.id);
    } catch (error2) {
      if (tries === RESTART_TRIES || engine.disconnected.aborted) throw error2;
      await pause4(RESTART_INTERVAL);
    }
  }
}
async function removeEdgeContainers(engine, edges) {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}

// src/edge/edge.ts
var edgeLabels = (app) => ({ ...labelsOf(app), [LABEL.role]: "edge" });
async function observeEdge(engine, app) {
  return edgeState(await listEdges(engine, app));
}
var edgeContainers = (containers) => containers.filter((container) => container.labels[LABEL.role] === "edge");
function edgeState(containers) {
  const edges = edgeContainers(containers);
  const edge = edges.find((container) => container.state === "running") ?? edges[0];
  if (edge === void 0) return { state: "absent" };
  return {
    state: edge.state === "running" ? "running" : "stopped",
    containerId: edge.id,
    fingerprint: edge.labels[LABEL.edge] ?? ""
  };
}
var listEdges = (engine, app) => engine.listContainers(labelFilters(edgeLabels(app)));
async function ensureEdge(engine, spec, image, findAddresses2) {
  const fingerprint = edgeFingerprint(spec);
  const found = await listEdges(engine, spec);
  const matching = found.find(
    ({ state, labels }) => state === "running" && labels[LABEL.edge] === fingerprint
  );
  if (matching !== void 0) {
    await waitForCaddy(engine, matching.id);
    const others = found.filter((edge) => edge !== matching);
    if (others.length > 0) await returnSockets(engine, spec, matching.id);
    await removeEdgeContainers(engine, others);
    return matching.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  const name = unusedEdgeName(spec, found);
  const config = configFile(spec, name);
  const addresses = await upstreamAddresses(engine, spec);
  const id = await engine.createContainer(name, edgeContainerSpec(spec, image, config, addresses));
  await replaceEdges(engine, found, { id, spec, config, addresses }, findAddresses2);
  return id;
}
async function removeEdge(engine, app) {
  const edges = await listEdges(engine, app);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}
function unusedEdgeName(app, others) {
  const first = `${baseProject(app)}-edge`;
  const taken = new Set(others.map(({ name: name2 }) => name2));
  let name = first;
  for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`;
  return name;
}
var configFile = (app, name) => `${name.slice(baseProject(app).length + 1)}.json`;
function edgeContainerSpec(spec, image, config = "edge.json", addresses = /* @__PURE__ */ new Map()) {
  const sockets = spec.routes.some((route) => route.socket);
  const published = routesWithPorts(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: `${EDGE_FOLDER}/${config}`,
    scratch: SOCKETS_FOLDER,
    labels: { ...upstreamLabels(spec), ...edgeLabels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: {
      ...Object.fromEntries(SLOTS.map((slot) => [slotNetwork(spec, slot), {}])),
      ...upstreamEndpoints(spec, addresses)
    },
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {} },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published]))
  });
}
function runningEdgeId(engine, state) {
  if (state.state === "running") return state.containerId;
  throw new HostError(
    engine.host,
    `the edge is ${state.state}, so traffic can't be moved. Deploy again: a deploy creates or starts it.`
  );
}

// src/edge/front-config.ts
var CA_FILE = "/data/acme-ca.pem";
var LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
var PERMISSION_ADDRESS = "127.0.0.1:2021";
var HOST_NAME_PATTERN = "^[a-z0-9-]+(\\.[a-z0-9-]+)*$";
function frontConfig(acme) {
  const servers = { http: httpServer, https: httpsServer, permission: permissionServer };
  return {
    admin: adminConfig,
    apps: {
      http: { metrics: {}, servers },
      tls: {
        automation: {
          policies: [{ on_demand: true, issuers: [issuer(acme)] }],
          // The front requests no certificate for an unknown name, and refuses the handshake.
          on_demand: { permission: { module: "http", endpoint: `http://${PERMISSION_ADDRESS}/` } }
        }
      }
    }
  };
}
function issuer({ directory, email, ca }) {
  return {
    module: "acme",
    ca: directory ?? LETS_ENCRYPT,
    ...email === void 0 ? {} : { email },
    ...ca === void 0 ? {} : { trusted_roots_pem_files: [CA_FILE] }
  };
}
var unknownDomain = textResponse(404, "Not Found: unknown domain.");
var refuseUnknown = (name) => [
  { vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME_PATTERN } } },
  { file: { root: DOMAINS_FOLDER, try_files: [`/{${name}}/owner`] } }
].map((isDomain) => ({ match: [{ not: [isDomain] }], handle: [unknownDomain], terminal: true }));
var toHttps = textResponse(308, "Redirecting to HTTPS.", {
  Location: ["https://{http.request.host}{http.request.uri}"]
});
var httpServer = {
  listen: [":80"],
  protocols: ["h1", "h2c"],
  automatic_https: noAutomaticHttps,
  routes: [...refuseUnknown("http.request.host"), { handle: [toHttps] }]
};
var toEdge = (transport) => reverseProxy(
  [`unix/${DOMAINS_FOLDER}/{http.request.host}/s`],
  { keep_alive: { enabled: false }, ...transport },
  retryUnsent
);
var toEdgeByProtocol = [
  {
    match: [{ header: { "Content-Type": ["application/grpc", "application/grpc+*", "application/grpc;*"] } }],
    handle: [toEdge(http2WithoutTls)],
    terminal: true
  },
  { handle: [toEdge({})] }
];
var httpsServer = {
  listen: [":443"],
  ...proxyServer,
  tls_connection_policies: [{}],
  routes: [...refuseUnknown("http.request.host"), keepClaims, bufferSmallBody, ...toEdgeByProtocol],
  errors: textRoutes("{http.error.status_code}", "{http.error.status_text}: the app does not answer.")
};
var permissionServer = {
  listen: [PERMISSION_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...refuseUnknown("http.request.uri.query.domain"),
    { handle: [textResponse(200, "It is a domain here.")] }
  ]
};

// src/edge/front-container.ts
import { createHash as createHash3 } from "node:crypto";
var FRONT_NETWORK = "sealift-front";
var FRONT_DATA_VOLUME = "sealift-front-data";
var FRONT_DATA_MOUNT = "/data";
var FRONT_CONFIG_FILE = `${FRONT_DATA_MOUNT}/sealift.json`;
var FRONT_LABELS = { [LABEL.role]: OWN_ROLE.front };
var FRONT_FINGERPRINT_LABEL = "sealift.front";
var ACME_LABEL = "sealift.front.acme";
var FRONT_LAYOUT_VERSION = 2;
function frontLabels({ directory, ca, email }) {
  const authority = shortDigest([directory ?? null, ca ?? null]);
  const fingerprint = shortDigest([FRONT_LAYOUT_VERSION, authority, email ?? null]);
  return { ...FRONT_LABELS, [FRONT_FINGERPRINT_LABEL]: fingerprint, [ACME_LABEL]: authority };
}
function shortDigest(value) {
  return createHash3("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
function frontContainerSpec(image, acme) {
  const published = (port) => [{ address: void 0, port }];
  return caddyContainerSpec({
    image,
    config: FRONT_CONFIG_FILE,
    scratch: "/run/front",
    labels: frontLabels(acme),
    networks: { [FRONT_NETWORK]: {} },
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [FRONT_DATA_VOLUME]: FRONT_DATA_MOUNT },
    ports: { "80/tcp": published(80), "443/tcp": published(443), "443/udp": published(443) },
    env: { XDG_DATA_HOME: FRONT_DATA_MOUNT }
  });
}

// src/edge/front.ts
var FRONT_CONTAINER = "sealift-front";
async function observeFront(engine) {
  return frontAmong(await engine.listContainers(labelFilters(FRONT_LABELS)));
}
function frontAmong(containers) {
  const fronts = containers.filter(({ labels }) => labels[LABEL.role] === "front");
  return fronts.find(({ state }) => state === "running") ?? fronts[0];
}
async function ensureFront(engine, app, image, acme) {
  const found = await observeFront(engine);
  if (found !== void 0 && await canKeepFront(engine, app, acme, found)) {
    if (found.state !== "running") await startFront(engine, found.id);
    return found.id;
  }
  await ensureNetwork(engine, FRONT_NETWORK, FRONT_LABELS);
  for (const Name of [FRONT_VOLUME, FRONT_DATA_VOLUME])
    await engine.createVolume({ Name, Labels: FRONT_LABELS });
  return found === void 0 ? createFront(engine, image, acme) : replaceFront(engine, found, image, acme);
}
async function canKeepFront(engine, app, acme, found) {
  const labels = frontLabels(acme);
  const isSame = (label) => found.labels[label] === labels[label];
  if (isSame(FRONT_FINGERPRINT_LABEL)) return true;
  const owners = await readDomainOwners(engine, found.id);
  const reason = `${FRONT_CONTAINER} gets its certificates from another CA than "acme-directory" and "acme-ca" name.`;
  if (!isSame(ACME_LABEL)) refuseForeignDomains(engine.host, app, owners, reason);
  return [...owners.values()].some((owner) => owner !== baseProject(app));
}
async function createFront(engine, image, acme) {
  let id;
  try {
    id = await engine.createContainer(FRONT_CONTAINER, frontContainerSpec(image, acme));
  } catch (error2) {
    const other = error2 instanceof Conflict ? await observeFront(engine) : void 0;
    if (other === void 0) throw error2;
    await startFront(engine, other.id);
    return other.id;
  }
  try {
    await writeAndStartFront(engine, id, acme);
  } catch (error2) {
    if (!engine.disconnected.aborted) await engine.removeContainer(id, { force: true });
    throw error2;
  }
  return id;
}
async function replaceFront(engine, former, image, acme) {
  const contents = await Promise.all(
    [FRONT_CONFIG_FILE, CA_FILE].map((path) => engine.readFiles(former.id, path))
  );
  for (const other of await engine.listContainers(labelFilters(FRONT_LABELS)))
    if (other.id !== former.id) await engine.removeContainer(other.id, { force: true });
  const name = former.name === FRONT_CONTAINER ? `${FRONT_CONTAINER}-2` : FRONT_CONTAINER;
  const id = await engine.createContainer(name, frontContainerSpec(image, acme));
  try {
    await engine.stopContainer(former.id);
    await writeAndStartFront(engine, id, acme);
  } catch (error2) {
    if (engine.disconnected.aborted) throw error2;
    const files = contents.flatMap((each) => [...each]);
    throw await restoreFront(engine, former, id, new Map(files), error2);
  }
  await engine.removeContainer(former.id, { force: true });
  return id;
}
async function restoreFront(engine, former, failed, files, cause) {
  try {
    await engine.stopContainer(failed, 0);
    const contents = new Map([...files].map(([path, content]) => [path, { content, mode: 384 }]));
    await engine.writeFiles(former.id, FRONT_DATA_MOUNT, contents);
    if (former.state === "running") await startFront(engine, former.id);
    await engine.removeContainer(failed, { force: true });
    return cause;
  } catch (error2) {
    const [why, failure] = [cause, error2].map((each) => messageWithoutHost(engine.host, each));
    return new HostError(engine.host, `${why} The former front could not be restored: ${failure}`, { cause });
  }
}
async function writeAndStartFront(engine, id, acme) {
  const ca = acme.ca === void 0 ? [] : [[CA_FILE, acme.ca]];
  const files = [...ca, [FRONT_CONFIG_FILE, JSON.stringify(frontConfig(acme))]];
  await writeIntoMount(engine, id, FRONT_DATA_MOUNT, files, 384);
  const folders = ["apps", "domains"].map((name) => [`${FRONT_MOUNT}/${name}/.keep`, ""]);
  await writeIntoMount(engine, id, FRONT_MOUNT, folders);
  await startFront(engine, id);
}
async function startFront(engine, id) {
  try {
    await engine.startContainer(id);
  } catch (error2) {
    const cause = await explainTakenPort(engine, error2, [80, 443]);
    if (cause === error2) throw error2;
    const message = `"domains" needs ports 80 and 443: ${messageWithoutHost(engine.host, cause)}`;
    throw new HostError(engine.host, message, { cause });
  }
  await waitForCaddy(engine, id);
}
async function removeUnusedFront(engine) {
  const found = await observeFront(engine);
  if (found === void 0 || (await readDomainOwners(engine, found.id)).size > 0) return false;
  await removeFront(engine, found);
  return true;
}
async function removeFront(engine, { id }) {
  await engine.stopContainer(id);
  await engine.removeContainer(id, { force: true });
}

// src/release/records.ts
import { createHash as createHash4 } from "node:crypto";
var NO_RECORDS = { sequence: 0, releases: [], history: [] };
var RECORD_FILES = ["records/a.json", "records/b.json"];
var HISTORY_LENGTH = 100;
var checksum = (sequence, body) => createHash4("sha256").update(`${sequence}
${body}`).digest("hex");
function writeRecords({ sequence, releases, history }) {
  const known = new Set(releases.map((release) => release.id));
  const body = JSON.stringify({ releases, history: trimHistory(history, HISTORY_LENGTH, known) });
  const head = JSON.stringify({ sequence, sha256: checksum(sequence, body) });
  return { file: RECORD_FILES[sequence % 2 === 0 ? 0 : 1], content: `${head}
${body}
` };
}
function parseRecords(content) {
  const [head = "", body = ""] = content.split("\n");
  try {
    const { sequence, sha256 } = JSON.parse(head);
    if (sha256 !== checksum(sequence, body)) return void 0;
    const { releases, history } = JSON.parse(body);
    return { sequence, releases, history };
  } catch {
    return void 0;
  }
}
function readRecords(files) {
  return RECORD_FILES.map((name) => parseRecords(files.get(name)?.toString("utf8") ?? "")).reduce(
    (newest, records) => records !== void 0 && records.sequence > newest.sequence ? records : newest,
    NO_RECORDS
  );
}
function withRelease(records, release) {
  const { releases } = withoutReleases(records, [release.id]);
  return { ...records, sequence: records.sequence + 1, releases: [...releases, release] };
}
function withEvent(records, entry) {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}
function withoutReleases(records, ids) {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !ids.includes(release.id))
  };
}

// src/rollout/host-context.ts
function createHostContexts(engines, observations, release, fleet, signal) {
  return new Map(
    engines.map((engine) => {
      const observation = observations.find(({ host }) => host.host === engine.host);
      const records = observation?.records ?? NO_RECORDS;
      const releases = new Map([...records.releases, release].map((each) => [each.id, each]));
      const runState = {
        records,
        watchResults: /* @__PURE__ */ new Map(),
        pullResults: /* @__PURE__ */ new Map(),
        stoppedContainers: /* @__PURE__ */ new Map(),
        healthyContainers: /* @__PURE__ */ new Map(),
        answeredPorts: /* @__PURE__ */ new Set(),
        drainedReleases: /* @__PURE__ */ new Set()
      };
      const live = observation && liveRelease(observation.host)?.id;
      const desired = release.id;
      return [
        engine.host,
        { ...fleet, engine, releases, desired, live, jobCancelled: false, signal, runState, waitStatus: {} }
      ];
    })
  );
}
function releaseById({ releases, engine }, id) {
  const release = releases.get(id);
  if (release === void 0)
    throw new SealiftError(`${engine.host}: there is no record of release ${id}. Deploy again.`);
  return release;
}

// src/rollout/compose-labels.ts
var serviceOf = ({ labels }) => labels["com.docker.compose.service"];
function releaseIdOn({ labels }) {
  const { [LABEL.release]: id = "" } = labels;
  return isReleaseId(id) ? id : void 0;
}
var isOneOff = ({ labels }) => labels["com.docker.compose.oneoff"] === "True";
var hasOwnRole = ({ labels }, ...roles) => roles.some((role) => labels[LABEL.role] === OWN_ROLE[role]);
function replicaNumberOf({ labels }) {
  const { "com.docker.compose.container-number": number = "1" } = labels;
  return Number.parseInt(number, 10);
}

// src/rollout/container-health.ts
var SETTLE_TIME = 2e3;
var CRASH_LOOP_RESTARTS = 3;
var NO_CRASHES = { restarts: 0, lastExit: void 0, toleranceLeft: 0 };
function assessContainer(details, ending, runningFor, history = NO_CRASHES) {
  const { state, health } = details;
  if (state === "restarting" && history.restarts >= CRASH_LOOP_RESTARTS) {
    return history.toleranceLeft > 0 ? { kind: "pending", recheckIn: history.toleranceLeft } : { kind: "failed", why: `it crashes again and again: ${crashText(details, history)}` };
  }
  if (state === "exited" || state === "dead") {
    const isDone = ending !== "never" && details.exitCode === 0;
    return isDone ? { kind: "ok" } : { kind: "failed", why: exitText(details) };
  }
  if (ending === "always" || state !== "running") return { kind: "pending" };
  if (health !== void 0 && hasHealthcheck(details)) {
    if (health.status === "unhealthy")
      return { kind: "failed", why: `its HEALTHCHECK fails: ${lastHealthcheckLine(health.lastOutput)}` };
    return { kind: health.status === "healthy" ? "ok" : "pending" };
  }
  return runningFor >= SETTLE_TIME ? { kind: "ok" } : { kind: "pending", recheckIn: SETTLE_TIME - runningFor };
}
function failureSince(before, now, ending, history) {
  const crashed = history.restarts > 0 ? crashText(now, history) : void 0;
  const assessment = assessContainer(now, ending, SETTLE_TIME);
  if (assessment.kind === "failed") return crashed ?? assessment.why;
  const isDone = ending === "maybe" && now.state === "exited";
  if (ending === "always" || isDone) return void 0;
  if (crashed !== void 0) return `it ended and was started again: ${crashed}`;
  if (now.startedAt !== before.startedAt || now.state === "restarting")
    return "it ended and was started again";
  return now.state === "running" ? void 0 : `it is ${now.state}`;
}
var hasHealthcheck = ({ health }) => health !== void 0 && health.status !== "none";
function containerStateText(details, history = NO_CRASHES) {
  return [
    details.state,
    ...hasHealthcheck(details) ? [`HEALTHCHECK ${details.health?.status}`] : [],
    ...history.restarts > 0 ? [crashText(details, history)] : []
  ].join(", ");
}
function crashText(details, { restarts, lastExit }) {
  const count = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  const running = details.state === "running";
  if (running && lastExit === void 0) return count;
  const oomKilled = details.oomKilled || lastExit?.oomKilled === true;
  const exitCode = running ? lastExit?.exitCode ?? 0 : details.exitCode;
  return `${exitText({ ...details, exitCode, oomKilled })}, ${count}`;
}
var endText = (details) => details.state === "running" ? `HEALTHCHECK ${details.health?.status ?? "none"}` : exitText(details);
function exitText({ exitCode, oomKilled, error: error2 }) {
  return `it exited with code ${exitCode}${oomKilled ? " (out of memory)" : ""}${error2 === "" ? "" : `: ${error2}`}`;
}
function lastHealthcheckLine(output) {
  return output.trim().split("\n").at(-1)?.trim() || "its command prints nothing";
}

// src/release/compose/lifecycle-hooks.ts
function lifecycleHooksOf(service, key) {
  return asList(service?.[key]).map(asObject).map(({ command, user, privileged, working_dir: workingDir, environment }) => ({
    argv: asStrings(command).map(unescapeDollars),
    user: plainString(user),
    privileged: privileged === true,
    workingDir: plainString(workingDir),
    environment: Object.entries(asObject(environment)).map(
      ([name, value]) => value === null || value === void 0 ? name : `${name}=${unescapeDollars(String(value))}`
    )
  })).filter(({ argv }) => argv.length > 0);
}
function plainString(value) {
  const text = asText(value);
  return text === void 0 ? void 0 : unescapeDollars(text);
}

// src/rollout/lifecycle-hooks.ts
var HOOK_LINES = 20;
var CANCELLED_LIMIT = 1e3;
async function runPostStart(context, container) {
  const { hooks, limit } = hooksFor(context, container, "post_start");
  for (const hook of hooks) await runLifecycleHook(context, container, "post_start", hook, limit);
}
async function runPreStop(context, container) {
  const { hooks, limit } = hooksFor(context, container, "pre_stop");
  for (const hook of hooks) {
    try {
      const most = context.jobCancelled ? CANCELLED_LIMIT : limit;
      await runLifecycleHook(context, container, "pre_stop", hook, most);
    } catch (error2) {
      context.signal.throwIfAborted();
      context.log.warning(`${messageWithHost(context.engine.host, error2)} It is stopped all the same.`);
      return;
    }
  }
}
function hooksFor({ releases }, container, key) {
  const id = releaseIdOn(container);
  const release = id === void 0 ? void 0 : releases.get(id);
  const service = release?.compose.services[serviceOf(container) ?? ""];
  return { hooks: lifecycleHooksOf(service, key), limit: release?.health.timeout ?? 0 };
}
async function runLifecycleHook({ engine, log, signal }, container, key, hook, limit) {
  const { argv, ...options } = hook;
  const deadline = AbortSignal.timeout(limit);
  const either = AbortSignal.any([signal, deadline]);
  const text = `${key} of ${serviceOf(container) ?? container.name}, "${formatCommand(argv)}",`;
  let result;
  try {
    result = await engine.exec(container.id, argv, { ...options, signal: either });
  } catch (error2) {
    if (!isCausedByAbort(error2, either) || signal.aborted) throw error2;
    throw new HostError(
      engine.host,
      `${text} did not end in ${container.name} within ${formatDuration(limit)}. Increase "health-timeout", or make it shorter.`
    );
  }
  const { exitCode, stdout, stderr } = result;
  if (exitCode === 0) return;
  const evidence = (stdout + stderr).split("\n").filter((line) => line.trim() !== "").slice(-HOOK_LINES);
  const last = oneLine(evidence.at(-1) ?? "") || "it printed nothing";
  if (last.startsWith("OCI runtime exec failed")) {
    log.warning(`${engine.host}: ${text} could not be started in ${container.name}: ${last}`);
    return;
  }
  const message = `${text} failed in ${container.name} with exit code ${exitCode}: ${last}.`;
  throw new HostError(engine.host, message, { evidence });
}
function composeHookError(host, { stderr }) {
  const [, service, exitCode] = /^(\S+) hook exited with status (-?\d+)$/m.exec(stderr) ?? [];
  if (service === void 0) return void 0;
  const output = "Compose does not pass its output on; run it with docker exec to see why";
  return new HostError(host, `post_start of ${service} failed with exit code ${exitCode}. ${output}.`);
}

// src/rollout/replica-selection.ts
function selectReplicas(containers, { services, only, after }) {
  const ofServices = containers.filter((each) => services?.includes(serviceOf(each) ?? "") ?? true);
  if (only === void 0 && after === void 0) return ofServices;
  const ranks = /* @__PURE__ */ new Map();
  const sorted = ofServices.toSorted((one, other) => replicaNumberOf(one) - replicaNumberOf(other));
  return sorted.filter((container) => {
    const service = serviceOf(container) ?? "";
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return rank >= (after?.[service] ?? 0) && (only === void 0 || rank < (only[service] ?? 0));
  });
}
function verifyReplicaCounts(host, release, containers, { services, only, after = {}, tolerate = {} }) {
  for (const name of services) {
    const last = only === void 0 ? release.services[name]?.replicas ?? 1 : only[name] ?? 0;
    const expected = last - (after[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < expected)
      throw new HostError(host, `${name} has ${found} of ${expected} containers. Deploy again.`);
  }
}

// src/rollout/restart-policy.ts
var NO_RESTART = { name: "no", maxRetries: 0 };
function intendedRestartPolicy({ labels }) {
  const { [LABEL.restart]: value = "no" } = labels;
  const [name, retries = "0"] = value.split(":");
  return name === "always" || name === "unless-stopped" || name === "on-failure" ? { name, maxRetries: Number(retries) } : void 0;
}
async function restoreRestartPolicy({ engine }, container) {
  const policy = intendedRestartPolicy(container);
  if (policy !== void 0) await engine.setRestartPolicy(container.id, policy);
}
async function disableRestartPolicy({ engine }, container) {
  if (intendedRestartPolicy(container) === void 0) return;
  try {
    await engine.setRestartPolicy(container.id, NO_RESTART);
  } catch (error2) {
    if (!(error2 instanceof NotFound || error2 instanceof Conflict)) throw error2;
  }
}

// src/rollout/containers.ts
async function listReplicas(context, query) {
  const all = await listByLabels(context, { [LABEL.release]: query.release });
  return selectReplicas(
    all.filter((each) => !isOneOff(each)),
    query
  );
}
async function inspectReplicas(context, query) {
  return inspectAll(context.engine, await listReplicas(context, query));
}
var listByLabels = ({ engine, appEnvironment }, labels) => engine.listContainers(labelFilters({ ...labelsOf(appEnvironment), ...labels }));
async function inspectAll(engine, containers) {
  const found = await Promise.all(
    containers.map(({ id }) => engine.inspectContainer(id).catch(ignoreNotFound))
  );
  return found.filter((details) => details !== void 0);
}
function ignoreNotFound(error2) {
  if (!(error2 instanceof NotFound)) throw error2;
}
async function stopServices(context, query) {
  const timeout = context.jobCancelled ? 1 : void 0;
  const containers = await listReplicas(context, query);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await disableRestartPolicy(context, container);
      if (!running.includes(container)) return;
      await runPreStop(context, container);
      await context.engine.stopContainer(container.id, timeout).catch(ignoreNotFound);
    })
  );
  return `${running.length} stopped`;
}
async function removeReleaseContainers(context, ids) {
  for (const id of ids) await removeContainers(context, { [LABEL.release]: id });
}
async function removeContainers(context, labels) {
  const found = await listByLabels(context, labels);
  await Promise.all(found.map(({ id }) => context.engine.removeContainer(id, { force: true })));
}

// src/rollout/route-addresses.ts
async function findAddresses(context, release, range = {}) {
  const replicas = await listReplicas(context, { release: release.id, ...range });
  const running = replicas.filter(({ state }) => state === "running");
  const containers = allowsFailedReplicas(release) ? await withoutUnhealthy(context, running) : running;
  return new Map(
    release.routes.map(({ id, service, containerPort }) => [
      id,
      containers.filter((each) => serviceOf(each) === service).map(({ name }) => `${name}:${containerPort}`)
    ])
  );
}
async function findAllAddresses(context, release, range = {}) {
  const own = await findAddresses(context, release, range);
  const others = [...context.releases.values()].map(({ routes }) => fallbackAddresses(routes, release, own));
  return new Map([...others.flatMap((each) => [...each]), ...own]);
}
async function requireAddressPerRoute(context, { id, routes }, addresses) {
  const route = routes.find((each) => (addresses.get(each.id) ?? []).length === 0);
  if (route === void 0) return addresses;
  const replicas = await inspectReplicas(context, { release: id });
  const own = replicas.filter((each) => serviceOf(each) === route.service);
  throw new HostError(context.engine.host, noRunningReplicaText(route.service, id, own));
}
function noRunningReplicaText(service, release, replicas) {
  const [why] = replicas.map((each) => assessContainer(each, "never", 0)).flatMap((assessment) => assessment.kind === "failed" ? [`: ${assessment.why}`] : []);
  return `no container of ${service} in release ${release} is running${why ?? ""}. Deploy again.`;
}
var allowsFailedReplicas = ({ services }) => Object.values(services).some(
  ({ update }) => update !== void 0 && (update.maxFailureRatio > 0 || update.failureAction === "continue")
);
async function withoutUnhealthy({ engine }, containers) {
  const details = await inspectAll(engine, containers);
  const isUnhealthy = ({ id }) => details.find((each) => each.id === id)?.health?.status === "unhealthy";
  const healthyServices = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && healthyServices.has(serviceOf(each))));
}

// src/release/make-release.ts
import { createHash as createHash6 } from "node:crypto";

// src/release/compose/insert-images.ts
function withImages(split, images) {
  const services = mapValues(split.services, ({ imageKey, ...service }, name) => ({
    ...service,
    image: imageForService(split.services, images, name, imageKey)
  }));
  const replace = placeholderReplacer(split, images);
  const insert = (section = {}) => mapValues(section, (each) => asObject(mapStrings(each, replace)));
  const insertAll = ({ services: section, networks, volumes, secrets, configs }) => ({
    services: insert(section),
    networks: insert(networks),
    volumes: insert(volumes),
    secrets: insert(secrets),
    configs: insert(configs)
  });
  const compose = insertAll(split.compose);
  return {
    services,
    base: insertAll(split.base),
    files: split.files.map(
      (file) => "content" in file.from ? { ...file, from: { content: replace(file.from.content) } } : file
    ),
    compose: {
      ...compose,
      services: mapValues(compose.services, (service, name) => ({
        ...service,
        image: services[name]?.image
      }))
    }
  };
}
function imagesOfServices(services, images) {
  return mapValues(services, ({ imageKey }, name) => imageForService(services, images, name, imageKey));
}
function placeholderReplacer({ placeholder, services }, images) {
  const [name] = Object.keys(services).filter((each) => services[each]?.imageKey === "");
  const main = name === void 0 ? images.get("") : imageForService(services, images, name, "");
  return (text) => {
    if (!text.includes(placeholder)) return text;
    if (main !== void 0) return text.replaceAll(placeholder, main);
    throw new ConfigurationError(
      "compose-file: ${IMAGE} is used, but every service has an image of its own, so it has no value. Use it as image: of a service, or remove it."
    );
  };
}
function rejectUnknownServices(split, keys) {
  const released = Object.entries(split.services);
  const known = /* @__PURE__ */ new Set([
    "",
    ...split.buildOnly ?? [],
    ...released.flatMap(([name, { imageKey }]) => [name, imageKey])
  ]);
  for (const key of keys) {
    if (known.has(key)) continue;
    const what = split.base.services[key] === void 0 ? "which the Compose file does not have" : "which is an accessory: its image is the one in the Compose file";
    throw new ConfigurationError(
      `image: the line "${key}=…" is for service ${key}, ${what}. Released services: ${released.map(([name]) => name).join(", ")}.`
    );
  }
}
function imageForService(services, images, name, key) {
  const sharers = Object.keys(services).filter((each) => services[each]?.imageKey === key);
  const only = images.size === 1 && sharers.length === Object.keys(services).length;
  const lines = sharers.map((each) => images.get(each));
  const [shared, ...others] = new Set(lines.filter((image2) => image2 !== void 0));
  const image = (key === "" ? images.get(key) : void 0) ?? images.get(name) ?? images.get(key) ?? (others.length === 0 ? shared : void 0) ?? (only ? [...images.values()][0] : void 0);
  if (image !== void 0) return image;
  const given = [...images].map(([of, each]) => of === "" ? each : `${of}=${each}`).join(", ");
  const missing = key === "" ? "repository@sha256:…" : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given === "" ? "" : `, only ${given}`}. Add a line ${missing}.`
  );
}

// src/release/compose/networks-and-volumes.ts
function externalObjects({ networks, volumes }, services) {
  const all = Object.values(services);
  const mounts = all.flatMap((service) => asList(service["volumes"]).map(asObject));
  const volumeNames = mounts.filter(({ type }) => type === "volume").map(({ source }) => asText(source) ?? "");
  const external = (section = {}, keys) => mapValues(pickKeys(section, keys), (spec, key) => ({
    name: nameOf(asObject(spec), key),
    external: true
  }));
  return {
    networks: external(
      networks,
      all.flatMap((service) => Object.keys(asObject(service["networks"])))
    ),
    volumes: external(volumes, volumeNames)
  };
}
function baseObjectsOf(base, project, labels) {
  const bodies = (kind, section = {}, bodyOf) => Object.entries(section).flatMap(([key, value]) => {
    const spec = asObject(value);
    if (spec["external"] === true) return [];
    const Labels = {
      ...engineStrings(spec["labels"]),
      "com.docker.compose.project": project,
      [`com.docker.compose.${kind}`]: key,
      ...labels
    };
    return [{ ...withoutUndefined(bodyOf(spec)), Name: nameOf(spec, key), Labels }];
  });
  const externalNames = (section = {}) => Object.entries(section).flatMap(
    ([key, spec]) => spec?.["external"] === true ? [nameOf(spec, key)] : []
  );
  return {
    networks: bodies("network", base.networks, networkBody),
    volumes: bodies("volume", base.volumes, ({ driver, driver_opts: options }) => ({
      Driver: asText(driver),
      DriverOpts: options && engineStrings(options)
    })),
    external: { networks: externalNames(base.networks), volumes: externalNames(base.volumes) }
  };
}
var nameOf = (spec, key) => asText(spec["name"]) ?? key;
function networkBody(spec) {
  const ipam = asObject(spec["ipam"]);
  const driver = asText(ipam["driver"]);
  const pools = asList(ipam["config"]).map(asObject).map(
    (pool) => withoutUndefined({
      Subnet: pool["subnet"],
      IPRange: pool["ip_range"],
      Gateway: pool["gateway"],
      AuxiliaryAddresses: pool["aux_addresses"]
    })
  );
  return {
    Driver: asText(spec["driver"]) ?? "bridge",
    Options: spec["driver_opts"] && engineStrings(spec["driver_opts"]),
    Internal: spec["internal"],
    Attachable: spec["attachable"],
    EnableIPv4: spec["enable_ipv4"],
    EnableIPv6: spec["enable_ipv6"],
    IPAM: pools.length > 0 || driver !== void 0 ? withoutUndefined({ Driver: driver, Config: pools }) : void 0
  };
}
function engineStrings(values) {
  return isObject(values) ? mapValues(values, (value) => unescapeDollars(String(value))) : {};
}
function relativeBindDevice(spec) {
  const options = asObject(asObject(spec)["driver_opts"]);
  const device = asText(options["device"]);
  const isBind = /(^|,)r?bind(,|$)/.test(asText(options["o"]) ?? "");
  return isBind && device !== void 0 && !device.startsWith("/") ? device : void 0;
}

// src/release/definition-fingerprints.ts
import { createHash as createHash5 } from "node:crypto";

// src/release/compose/inline-contents.ts
import { posix as posix2 } from "node:path";
var MAX_VARIABLES_BYTES = 1024 * 1024;
function inlineContents(config, contents, problems) {
  const values = /* @__PURE__ */ new Map();
  const each = (kind, all) => mapValues(all ?? {}, (spec, name) => {
    if (spec["external"] === true) {
      problems.add(
        `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, and Sealift passes the content.`
      );
    }
    const content = contents.get(`${kind}:${name}`);
    if (content === void 0) return { content: asText(spec["content"]) ?? "" };
    const reason = whyNotTransferable(content);
    if (reason !== void 0) problems.add(`compose-file: ${kind} ${name} ${reason}`);
    const variable = freeVariableName(`SEALIFT_${kind}_${name}`, values);
    values.set(variable, content);
    return { environment: variable };
  });
  const inlined = { secrets: each("secret", config.secrets), configs: each("config", config.configs) };
  const total = [...values.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > MAX_VARIABLES_BYTES) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, but the limit is 1024 KiB. Copy large files into the image.`
    );
  }
  return { ...inlined, values };
}
function whyNotTransferable(content) {
  if (content.includes("\0") || content.includes("�"))
    return "is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.";
  const bytes = Buffer.byteLength(content);
  return bytes > MAX_VARIABLE_BYTES ? `has ${Math.ceil(bytes / 1024)} KiB, but the limit is 127 KiB. Copy it into the image.` : void 0;
}
function freeVariableName(text, taken) {
  const name = text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}
function usedFileObjects({ secrets = {}, configs = {} }, services) {
  const used = (key) => Object.values(services).flatMap((service) => asList(service[key]).map(fileObjectName));
  return { secrets: pickKeys(secrets, used("secrets")), configs: pickKeys(configs, used("configs")) };
}
function rejectReadOnlyAccessory(name, service, problems) {
  const used = [...asList(service["secrets"]), ...asList(service["configs"])].map(fileObjectName);
  if (service["read_only"] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(", ")} into such a container. Remove read_only there, or pass the values by environment:.`,
    "services",
    name,
    "read_only"
  );
}
function readOnlyFiles(name, service, inlined, problems) {
  if (service["read_only"] !== true) return [];
  const files = [
    ...asList(service["secrets"]).map((use) => inlineFileOf(name, use, "/run/secrets/", inlined.secrets)),
    ...asList(service["configs"]).map((use) => inlineFileOf(name, use, "/", inlined.configs))
  ];
  for (const { folder, name: file } of files) {
    if (folder !== "/") continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file} a target in a folder of its own: target: /etc/${name}/${file}.`,
      "services",
      name,
      "read_only"
    );
  }
  return files;
}
function inlineFileOf(service, use, folder, specs) {
  const source = fileObjectName(use);
  const options = asObject(use);
  const target = posix2.resolve(folder, unescapeDollars(asText(options["target"]) ?? source));
  const spec = asObject(specs[source]);
  const variable = asText(spec["environment"]);
  return {
    service,
    folder: posix2.dirname(target),
    name: posix2.basename(target),
    uid: asNumber(options["uid"]) ?? 0,
    gid: asNumber(options["gid"]) ?? 0,
    mode: Number.parseInt(asText(options["mode"]) ?? "0444", 8),
    from: variable === void 0 ? { content: asText(spec["content"]) ?? "" } : { variable }
  };
}
function withFileVolumes(service, files) {
  if (files.length === 0) return service;
  const folders = new Set(files.map(({ folder }) => folder));
  for (const { target } of mountsOf(service)) folders.delete(target);
  const volumes = [...folders].map((target) => ({ type: "volume", target, volume: {} }));
  return {
    ...withoutKeys(service, "secrets", "configs"),
    volumes: [...asList(service["volumes"]), ...volumes]
  };
}

// src/release/definition-fingerprints.ts
function definitionFingerprints(base, confidential) {
  return mapValues(base.services, (service) => {
    const files = usedFileObjects(base, { service });
    const contents = contentVariables(files).map((name) => confidential.get(name));
    const content = canonicalJson([service, files, contents]);
    return createHash5("sha256").update(content).digest("hex").slice(0, 12);
  });
}
function confidentialVariables(base, names) {
  return names.flatMap(
    (name) => contentVariables(usedFileObjects(base, { service: asObject(base.services[name]) }))
  );
}
function contentVariables({ secrets, configs }) {
  return [...Object.values(secrets), ...Object.values(configs)].map((spec) => asText(spec["environment"])).filter((name) => name !== void 0);
}

// src/release/make-release.ts
function makeRelease(split, images, health, origin, force = false) {
  const { files, ...rendered } = withImages(split, images);
  const { app, environment, routes, recreateReason, conditions, lateAccessories } = split;
  const { accessoryRounds, accessoryEndings, adopted } = split;
  const content = {
    ...{ app, environment, routes, recreateReason, conditions, lateAccessories },
    ...accessoryRounds.length > 0 ? { accessoryRounds } : {},
    ...Object.keys(accessoryEndings).length > 0 ? { accessoryEndings } : {},
    ...adopted === void 0 ? {} : { adopted },
    ...rendered,
    ...files.length > 0 ? { files } : {}
  };
  const plain = releaseIdOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionFingerprints(rendered.base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin
  };
  if (!force) return { id: plain, ...release };
  return { id: releaseIdOf({ plain, at: origin.createdAt }), ...release, contentId: plain };
}
function releaseIdOf(content) {
  return parseReleaseId(createHash6("sha256").update(canonicalJson(content)).digest("hex").slice(0, 8));
}
var SLOT_NETWORK_KEY = "sealift-slot";
function renderRelease(release, slot) {
  const network = slotNetwork(release, slot);
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = asText(service["restart"]);
      const labels = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? "worker",
        // Stopped containers that are kept lose their policy, and get it back when they start.
        ...restart === void 0 ? {} : { [LABEL.restart]: restart }
      };
      return { ...withLabels(service, labels), ...networksInSlot(release, service, name, network) };
    }),
    networks: { ...release.compose.networks, [SLOT_NETWORK_KEY]: { name: network, external: true } }
  };
}
function renderBase(release) {
  const labels = labelsOf(release);
  const owned = (all) => mapValues(
    all ?? {},
    (spec) => asObject(spec)["external"] === true ? asObject(spec) : withLabels(asObject(spec), labels)
  );
  return {
    ...release.base,
    services: mapValues(release.base.services, (service, name) => {
      const definition = release.definitions?.[name];
      return withLabels(service, {
        ...labels,
        ...definition === void 0 ? {} : { [LABEL.definition]: definition }
      });
    }),
    networks: owned(release.base.networks),
    volumes: {
      ...owned(release.base.volumes),
      // Compose warns of a volume of another project, unless it is external.
      ...mapValues(release.adopted ?? {}, (name) => ({ name, external: true }))
    }
  };
}
function baseObjects(release) {
  return baseObjectsOf(release.base, baseProject(release), labelsOf(release));
}
function withLabels(spec, labels) {
  return { ...spec, labels: { ...asObject(spec["labels"]), ...labels } };
}
function networksInSlot(release, service, name, network) {
  const networks = networksOf(service);
  if (networks === void 0) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isNameOfOther(release, name, alias));
  const priorities = Object.values(networks).map((own) => Number(asObject(own)["priority"] ?? 0));
  const comesLater = Object.keys(networks).some(
    (key) => (asText(asObject(release.compose.networks?.[key])["name"]) ?? key) < network
  );
  return {
    networks: {
      ...networks,
      [SLOT_NETWORK_KEY]: {
        ...aliases.length > 0 ? { aliases } : {},
        // A container needs its network of highest priority to start. This network is exchanged when a release moves to the
        // other slot, so it gets the lowest.
        priority: Math.min(0, ...priorities) - 1,
        // Docker looks a name up in the networks in the order of their priority, then of their names.
        ...comesLater ? { gw_priority: 1 } : {}
      }
    }
  };
}
function isNameOfOther(release, name, alias) {
  return Object.entries(release.compose.services).some(
    ([other, service]) => other !== name && (other === alias || aliasesOf(service).includes(alias))
  );
}
function filesToWrite(release, confidential, services) {
  const all = /* @__PURE__ */ new Map();
  for (const { service, folder, name, from, ...owner } of release.files ?? []) {
    if (!services.includes(service)) continue;
    const content = "variable" in from ? confidential.get(from.variable) ?? "" : unescapeDollars(from.content);
    const folders = all.get(service) ?? /* @__PURE__ */ new Map();
    const files = folders.get(folder) ?? /* @__PURE__ */ new Map();
    all.set(service, folders.set(folder, files.set(name, { ...owner, content })));
  }
  return all;
}

// src/rollout/slots.ts
async function moveToSlot(context, containers, slot) {
  const { engine, appEnvironment } = context;
  const from = slotNetwork(appEnvironment, otherSlot(slot));
  const to = slotNetwork(appEnvironment, slot);
  const misplaced = containers.filter(({ networks }) => networks.includes(from));
  if (misplaced.length === 0) return;
  await ensureSlotNetworks(engine, appEnvironment);
  await Promise.all(misplaced.map((container) => moveContainer(context, container, from, to)));
}
async function moveContainer(context, container, from, to) {
  const { engine } = context;
  if (!isStopped(container)) {
    if (container.networks.includes(to)) return;
    await runPreStop(context, container);
    await engine.stopContainer(container.id);
  }
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}
async function startWithNetworks(context, container) {
  const { engine } = context;
  try {
    return await engine.startContainer(container.id);
  } catch (error2) {
    if (!(error2 instanceof NotFound && /network/i.test(error2.message))) throw error2;
    await rejoinNetworks(context, container);
    return engine.startContainer(container.id);
  }
}
async function rejoinNetworks(context, container) {
  const { engine, appEnvironment, releases } = context;
  const id = releaseIdOn(container);
  const release = id === void 0 ? void 0 : releases.get(id);
  await ensureSlotNetworks(engine, appEnvironment);
  if (release !== void 0) await createMissingNetworks(engine, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}
async function createMissingNetworks(engine, release) {
  const existing = new Set((await engine.listNetworks([])).map(({ name }) => name));
  const missing = baseObjects(release).networks.filter(({ Name }) => !existing.has(Name));
  await Promise.all(
    missing.map(
      (network) => engine.createNetwork(network).catch((error2) => {
        if (!(error2 instanceof Conflict)) throw error2;
      })
    )
  );
}

// src/rollout/edge-actions.ts
function edgeSpec({ app, environment, routes, trustedProxies }) {
  return {
    app,
    environment,
    ...trustedProxies === void 0 ? {} : { trustedProxies },
    routes: routes.map(({ id, published, domains, protocol, upstream }) => ({
      ...{ id, published, socket: domains.length > 0 },
      ...protocol === void 0 ? {} : { protocol },
      ...upstream === void 0 ? {} : { upstream }
    }))
  };
}
var requiredEdgeFingerprint = (release) => release.routes.length === 0 ? void 0 : edgeFingerprint(edgeSpec(release));
async function ensureEdgeForRelease(context, id, resetTraffic = false) {
  const desired = releaseById(context, id);
  const findAddressesOf = async (live) => {
    const release = context.releases.get(live);
    if (release === void 0) return /* @__PURE__ */ new Map();
    return fallbackAddresses(desired.routes, release, await findAddresses(context, release));
  };
  const { edgeImage } = context.settings;
  if (desired.routes.some(({ upstream }) => upstream !== void 0))
    await createMissingNetworks(context.engine, desired);
  await ensureEdge(context.engine, edgeSpec(desired), edgeImage, resetTraffic ? void 0 : findAddressesOf);
}
async function removeAppEdge({ engine, appEnvironment }) {
  await removeEdge(engine, appEnvironment);
}
async function ensureFrontRuns({ engine, appEnvironment, settings }) {
  await ensureFront(engine, appEnvironment, settings.edgeImage, settings.acme);
}
async function removeFrontIfUnused({ engine }) {
  return await removeUnusedFront(engine) ? "removed" : "still needed";
}
var domainsOf = ({ routes }) => new Map(routes.flatMap(({ id, domains }) => domains.map((domain) => [domain, id])));
async function routeDomains(context, id) {
  const { engine, appEnvironment } = context;
  const front = await observeFront(engine);
  if (front === void 0) return void 0;
  const domains = id === void 0 ? /* @__PURE__ */ new Map() : domainsOf(releaseById(context, id));
  await setDomains(engine, front.id, appEnvironment, domains);
  return [...domains.keys()].join(", ") || "none";
}
async function checkDomainsFree(engine, release) {
  const domains = [...domainsOf(release).keys()];
  if (domains.length === 0) return;
  checkDomainNames(domains);
  const front = await observeFront(engine);
  if (front === void 0) return;
  checkDomainOwners(engine.host, release, await readDomainOwners(engine, front.id), domains);
}

// src/rollout/cancelled-after-accept.ts
function cancelledAfterAcceptText({ hosts }, steps) {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const started = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(
    ([host, stages]) => (stages["after-release"] ?? []).flatMap(
      ({ action }) => action.kind === "run-hook" && !ended.has(action) ? [
        ` after-release ${started.has(action) ? "was interrupted" : "was not run"}, and no later deploy of this release runs it: ${formatCommand(action.argv)} (in ${action.service} on ${host}).`
      ] : []
    )
  );
  return [
    "The job was cancelled after the release was accepted: the release stays live.",
    " The next deploy stops and removes what is left.",
    ...lost
  ].join("");
}

// src/rollout/evidence.ts
import { setTimeout as pause5 } from "node:timers/promises";
var LOG_LINES = 20;
var HEALTHCHECK_LINES = 10;
var LOG_TIMEOUT = 3e3;
var EXIT_CODE_STATES = /* @__PURE__ */ new Set(["exited", "dead", "restarting"]);
async function collectEvidence(context, queries) {
  const found = await Promise.all(
    queries.map(
      (query) => inspectReplicas(context, query).catch((error2) => {
        context.log.debug(`No evidence of failed containers: ${messageWithHost(context.engine.host, error2)}`);
        return [];
      })
    )
  );
  const containers = new Map(found.flat().map((container) => [container.id, container]));
  return await Promise.all([...containers.values()].map((container) => evidenceOf(context, container)));
}
async function evidenceOf(context, container) {
  const logLines = await lastLogLines(context, container.id);
  return {
    host: context.engine.host,
    container: container.name,
    service: serviceOf(container) ?? container.name,
    state: container.state,
    exitCode: EXIT_CODE_STATES.has(container.state) ? container.exitCode : void 0,
    oomKilled: container.oomKilled,
    health: container.health?.status === "none" ? void 0 : container.health?.status,
    lastLines: logLines.length > 0 ? logLines : lastHealthcheckLines(container)
  };
}
async function lastLogLines({ engine, log }, id) {
  const lines = engine.containerLogs(id, LOG_LINES).catch((error2) => {
    log.debug(messageOf(error2));
    return [];
  });
  return Promise.race([lines, pause5(LOG_TIMEOUT, [], { ref: false })]);
}
function lastHealthcheckLines({ health }) {
  const output = health?.lastOutput.trim() ?? "";
  return output === "" ? [] : output.split("\n").slice(-HEALTHCHECK_LINES);
}

// src/edge/probe.ts
var SUCCESS = Array.from({ length: 200 }, (_, index) => 200 + index);
var PROBE_SCRIPT = {
  name: "probe",
  text: `
set -u
expected=$1; path=$2; limit=$3; host=$4; scheme=$5; protocol=$6; shift 6
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
try() {
  case $expected in
    'open port') answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open); [ "$answer" = open ];;
    'any answer') answer=$(ask "$1" "$path"); has_answered "$answer";;
    *) answer=$(ask "$1" "$path"); has_answered "$answer" && case " $expected " in *" $answer"*) ;; *) false;; esac;;
  esac
}
until_ok() {
  while ! try "$1" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`
};
var MAX_PROBE_EXEC = 1e4;
async function probeContainers(engine, edge, targets, { path = "", status: status2 = SUCCESS, identity = LOCAL_IDENTITY, timeout, signal }) {
  const expected = path === "" ? "open port" : status2 === "any" ? "any answer" : status2.join(" ");
  const results = new Map(
    targets.map((target) => [target, { ok: false, failure: "no answer" }])
  );
  const end = performance.now() + timeout;
  for (; ; ) {
    const open = targets.filter((target) => results.get(target)?.ok !== true);
    if (open.length === 0) return results;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const { host, scheme, protocol } = identity;
    const args = [expected, path, limit, host, scheme, protocol, ...open];
    const printed = await runScript(engine, edge, PROBE_SCRIPT, args, signal);
    for (const [target, result] of parseProbeResults(printed, status2)) results.set(target, result);
    if (performance.now() >= end) return results;
  }
}
function parseProbeResults(printed, status2 = SUCCESS) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim(), status2)];
    })
  );
}
function parseProbeResult(answer, status2) {
  if (answer === "open") return { ok: true };
  if (answer === NOT_SERVING)
    return status2 === "any" ? { ok: true } : { ok: false, failure: `answered ${NOT_SERVING}` };
  if (!/^[1-9]\d\d$/.test(answer)) return { ok: false, failure: noAnswerReason(answer) };
  return status2 === "any" || status2.includes(Number(answer)) ? { ok: true } : { ok: false, failure: `answered ${answer}` };
}
function noAnswerReason(text) {
  const [, reason] = NO_ANSWER_REASONS.find(([pattern]) => pattern.test(text)) ?? [];
  return reason ?? (text || "no answer");
}
var NO_ANSWER_REASONS = [
  [/connection refused/i, "connection refused"],
  // TLS's own answer to a request without TLS: an alert (21).
  [/^TLS$|malformed HTTP response "\\x15\\x03/, "what it answers is TLS"],
  [/^not TLS$/, "what it answers is not TLS"],
  // The first frame of a server that speaks nothing else: SETTINGS, of type 4 (RFC 9113).
  [/malformed HTTP response "\\x00\\x00[^"]{0,8}\\x04/, "what it answers is HTTP/2"],
  [/http2: |malformed HTTP response.*h2c|frame too large/, "what it answers is not HTTP/2"],
  [/timeout awaiting response headers/, "no answer within 5 s"],
  [/i\/o timeout/, "no connection within 2 s"],
  [/\bEOF\b|connection reset/i, "the connection was closed without an answer"],
  // Go's words for a server that speaks first, as those of mail and databases do.
  [/malformed HTTP|readLoopPeekFailLocked/, "what it answers is not HTTP"]
];

// src/edge/probe-routes.ts
var ROUTES_SCRIPT = {
  name: "probe-routes",
  text: `
set -u
cd "$1"; path=$2; limit=$3; shift 3
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
split=; read -r split < ${SPLIT_FILE} || :
case $split in
  ${ALL_TRAFFIC_TO.blue}) slots=blue;;
  ${ALL_TRAFFIC_TO.green}) slots=green;;
  *) slots='blue green';;
esac
routes=' '; targets=' '
for slot in $slots; do
  release=; read -r release < "$slot.release" || :
  [ -n "$release" ] || continue
  echo "slot $slot $release"
  for file in "$slot".*.[0-9]*; do
    address=; read -r address < "$file" || :
    [ -n "$address" ] || continue
    route=\${file#"$slot".}; route=\${route%.*}
    case $routes in *" $slot/$route/$address "*) continue;; esac
    routes="$routes$slot/$route/$address "
    echo "route $slot $route $address"
    case $targets in *" $address="*) ;; *) targets="$targets$address=$route ";; esac
  done
done
probe() {
  route=$2; shift 2
  host=${LOCAL_IDENTITY.host}; scheme=${LOCAL_IDENTITY.scheme}; protocol=${LOCAL_IDENTITY.protocol}
  while [ $# -ge 4 ]; do if [ "$1" = "$route" ]; then host=$2; scheme=$3; protocol=$4; fi; shift 4; done
  while answer=$(ask "$target" "$path"); ! has_answered "$answer" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf 'answer %s %s\\n' "$target" "$answer"
}
for pair in $targets; do target=\${pair%%=*}; probe "$target" "\${pair#*=}" "$@" & done
wait
`
};
async function probeEdgeRoutes(engine, edge, path, identities, timeout, signal) {
  const asked = [...identities].flatMap(([route, { host, scheme, protocol }]) => [
    route,
    host,
    scheme,
    protocol
  ]);
  const args = [EDGE_FOLDER, path, String(Math.ceil(timeout / 10)), ...asked];
  return parseProbedRoutes(await runScript(engine, edge, ROUTES_SCRIPT, args, signal));
}
function parseProbedRoutes(printed) {
  const lines = printed.split("\n").map((line) => line.split(" "));
  const releaseIn = (slot) => {
    const id = lines.find(([kind, name]) => kind === "slot" && name === slot)?.[2];
    return id !== void 0 && isReleaseId(id) ? id : void 0;
  };
  const answers = lines.filter(([kind]) => kind === "answer").map(([, ...answer]) => answer.join(" "));
  const results = parseProbeResults(answers.join("\n"), "any");
  return SLOTS.flatMap(
    (slot) => lines.filter(([kind, name]) => kind === "route" && name === slot).map(([, , route = "", address = ""]) => ({
      release: releaseIn(slot),
      route,
      result: results.get(address) ?? { ok: false, failure: "no answer" }
    }))
  );
}

// src/rollout/route-identity.ts
function routeIdentity({ routes, health }, { domains, protocol }) {
  const [domain] = [...domains, ...routes.flatMap((route) => route.domains)];
  return {
    host: health.host ?? domain ?? LOCAL_IDENTITY.host,
    scheme: domains.length > 0 ? "https" : "http",
    protocol: protocol ?? LOCAL_IDENTITY.protocol
  };
}

// src/rollout/live-routes.ts
var PROBE_TIMEOUT = 2e4;
async function recordReachability(context) {
  const { runState } = context;
  runState.reachedBefore ??= await reachabilityOf(context, 0);
}
var AFTER_ROLLBACK = 5e3;
var reachabilityAfterRollback = (context) => reachabilityOf(context, AFTER_ROLLBACK);
async function reachabilityOf(context, timeout) {
  const { engine, appEnvironment, live, releases, log } = context;
  const release = live === void 0 ? void 0 : releases.get(live);
  if (release === void 0 || release.routes.length === 0) return void 0;
  try {
    const containers = await engine.listContainers([]);
    const own = containers.filter(
      ({ labels }) => Object.entries(labelsOf(appEnvironment)).every(([key, value]) => labels[key] === value)
    );
    const problems = missingRouteParts(release, own, containers);
    const edge = edgeState(own);
    const probed = edge.state !== "running" ? [] : await probeEdgeRoutes(
      engine,
      edge.containerId,
      release.health.path ?? "/",
      new Map(release.routes.map((route) => [route.id, routeIdentity(release, route)])),
      timeout,
      AbortSignal.timeout(PROBE_TIMEOUT)
    );
    const answers = edge.state === "running" ? answerProblems(releases, probed) : [];
    return { release: release.id, problems: [...problems, ...answers] };
  } catch (error2) {
    if (engine.disconnected.aborted) return void 0;
    log.debug(messageOf(error2));
    return {
      release: release.id,
      problems: [`the edge can't be asked: ${messageWithoutHost(engine.host, error2)}`]
    };
  }
}
function missingRouteParts({ routes }, own, all) {
  const edges = edgeContainers(own).filter(({ state }) => state === "running");
  if (edges.length === 0) return ["its edge does not run"];
  const open = new Set(edges.flatMap(({ ports }) => ports.map(({ port }) => port)));
  const closed = [...new Set(routes.flatMap(({ published }) => published.map(({ port }) => port)))].filter(
    (port) => !open.has(port)
  );
  return [
    ...closed.map((port) => `nothing listens on its port ${port}`),
    ...hasDomains({ routes }) && frontAmong(all)?.state !== "running" ? ["the front does not run"] : []
  ];
}
function answerProblems(releases, probed) {
  const serving = new Set(probed.map(({ release }) => release));
  if (serving.size === 0) return ["the edge has no release to send requests to"];
  const problems = [...serving].flatMap(
    (id) => (id === void 0 ? [] : releases.get(id)?.routes ?? []).flatMap(
      ({ id: route, service, containerPort }) => {
        const results = probed.filter((each) => each.release === id && each.route === route).map(({ result }) => result);
        if (results.some(({ ok }) => ok)) return [];
        const [failure = "the edge has no address of it"] = results.flatMap(
          (result) => result.ok ? [] : [result.failure]
        );
        return [`${service} gives no answer on port ${containerPort}: ${failure}`];
      }
    )
  );
  return [...new Set(problems)];
}

// src/rollout/notifier.ts
var Notifier = class {
  #notified = Promise.withResolvers();
  notify = () => this.#notified.resolve();
  /** Resolves at the next notification, at once if there was one since the last wait, or after `timeout` milliseconds. */
  async wait(timeout) {
    const timer = timeout === void 0 ? void 0 : setTimeout(this.notify, timeout);
    await this.#notified.promise;
    clearTimeout(timer);
    this.#notified = Promise.withResolvers();
  }
};

// src/rollout/container-watcher.ts
function serviceContainer(release, container) {
  const service = serviceOf(container) ?? container.name;
  return { container, service, ending: endingOf(release.services[service]) };
}
var EXIT_EVENT_TIMEOUT = 500;
var WatchedContainer = class extends Notifier {
  subject;
  #exitRecorded = Promise.withResolvers();
  #lastExit;
  #outOfMemory = false;
  constructor(subject) {
    super();
    this.subject = subject;
  }
  /** Remembers how it ended: once it is restarted, the container itself reports exit code 0. */
  record({ action, attributes }) {
    if (action === "oom") this.#outOfMemory = true;
    if (action === "die") {
      this.#lastExit = { exitCode: Number(attributes["exitCode"]), oomKilled: this.#outOfMemory };
      this.#outOfMemory = false;
      this.#exitRecorded.resolve();
    }
    this.notify();
  }
  /** @param toleranceLeft milliseconds in which it may still crash */
  crashHistory(now, toleranceLeft = 0) {
    const restarts = Math.max(0, now.restartCount - this.subject.container.restartCount);
    return { restarts, lastExit: this.#lastExit, toleranceLeft };
  }
  /** Waits for the event of its exit, which may come after the restart is visible. */
  async exitRecorded() {
    const timer = setTimeout(this.#exitRecorded.resolve, EXIT_EVENT_TIMEOUT);
    await this.#exitRecorded.promise;
    clearTimeout(timer);
  }
};
var ContainerWatcher = class _ContainerWatcher extends Notifier {
  containers;
  /** Aborts with the reason why the watch is over: `abort`, the job, the connection, or a broken event stream. */
  signal;
  #abort = new AbortController();
  #tasks = [];
  constructor(signals, containers) {
    super();
    this.containers = containers;
    this.signal = AbortSignal.any([this.#abort.signal, ...signals]);
    this.signal.addEventListener("abort", this.notifyAll);
  }
  /**
   * @param since ISO 8601, by the engine's clock: past events from then on are read as well
   * @throws HostError when the engine can't be read; the reason of the job's signal
   */
  static async open({ engine, signal }, containers, since) {
    const watcher = new _ContainerWatcher([signal, engine.disconnected], containers);
    watcher.signal.throwIfAborted();
    const filters = {
      type: ["container"],
      container: containers.map(({ subject }) => subject.container.id),
      event: ["start", "die", "oom", "health_status", "destroy"]
    };
    const events = await engine.events(filters, watcher.signal, since);
    watcher.awaitAtEnd(watcher.#listen(events).catch((error2) => watcher.abort(error2)));
    return watcher;
  }
  async #listen(events) {
    for await (const event of events) {
      this.containers.find(({ subject }) => subject.container.id === event.id)?.record(event);
      this.notify();
    }
  }
  notifyAll = () => {
    for (const each of [this, ...this.containers]) each.notify();
  };
  abort(reason) {
    this.#abort.abort(reason);
  }
  /** @param task ends when `signal` aborts, and never rejects */
  awaitAtEnd(task) {
    this.#tasks.push(task);
  }
  async [Symbol.asyncDispose]() {
    this.abort();
    await Promise.all(this.#tasks);
  }
};

// src/rollout/printed-output.ts
import { setTimeout as pause6 } from "node:timers/promises";
var READ_LINES = 200;
var MAX_LINE = 200;
var READ_TIMEOUT = 3e3;
var ERROR_LINE = /^(?=\S).*(?:error|exception|fatal|panic|emerg|cannot|can't|could not|failed|denied|refused|invalid|missing|not found|not set|no such)/i;
async function printedSentence(engine, { id, startedAt }) {
  const [first, ...others] = await readLog(engine, id, startedAt);
  if (first === void 0) return "";
  const telling = ERROR_LINE.test(first) ? void 0 : others.find((line) => ERROR_LINE.test(line));
  const then = telling === void 0 ? "" : `, then ${quotedLine(telling)}`;
  return ` It printed ${quotedLine(first)}${then}.`;
}
async function lastPrintedSentence(engine, { id, state }) {
  const lines = await readLog(engine, id);
  const telling = lines.findLast((line) => ERROR_LINE.test(line));
  const last = telling ?? (state === "running" ? void 0 : lines.at(-1));
  return last === void 0 ? "" : ` It printed ${quotedLine(last)}.`;
}
var quotedLine = (line) => `"${shorten(oneLine(line), MAX_LINE)}"`;
async function readLog(engine, id, since) {
  const read = async () => {
    const lines = await engine.containerLogs(id, READ_LINES, since);
    return lines.filter((line) => oneLine(line) !== "");
  };
  return Promise.race([read().catch(() => []), pause6(READ_TIMEOUT, [], { ref: false })]);
}

// src/rollout/slow-healthcheck.ts
import { setTimeout as delay4 } from "node:timers/promises";
var LATE = 1e4;
var FIRST_PAUSE = 500;
var LONGEST_PAUSE = 5e3;
function asksTooRarely({ interval, startPeriod, startInterval }, timeout) {
  if (startPeriod === 0) return interval > LATE || 2 * interval >= timeout;
  return startInterval > LATE || startInterval + Math.min(startInterval, interval) >= timeout;
}
async function runOwnChecks(engine, { id, healthcheck }, check, signal, notify) {
  if (healthcheck === void 0) return;
  for (let pause9 = FIRST_PAUSE; !signal.aborted; pause9 = Math.min(2 * pause9, LONGEST_PAUSE)) {
    try {
      const { startedAt, state } = await engine.inspectContainer(id);
      if (state === "running" && check.passedIn !== startedAt) {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(healthcheck.timeout)]);
        const { exitCode, stdout, stderr } = await engine.exec(id, healthcheck.argv, { signal: limit });
        check.output = (stdout + stderr).trim() || `exit code ${exitCode}`;
        if (exitCode === 0) check.passedIn = startedAt;
      }
    } catch (error2) {
      const isLate = error2 instanceof Error && error2.name === "TimeoutError";
      check.output = isLate ? `no answer within ${formatDuration(healthcheck.timeout)}` : messageWithoutHost(engine.host, error2);
    }
    notify();
    await delay4(pause9, void 0, { signal }).catch(() => void 0);
  }
}

// src/rollout/await-healthy.ts
var PROBE_GRACE = 6e3;
var CRASH_TOLERANCE = 1e4;
var AwaitedContainer = class extends WatchedContainer {
  answered = this.subject.probe === void 0;
  healthyDetails;
  /** Where the engine asks its HEALTHCHECK too rarely. */
  ownCheck = {};
  /** Why it failed; then it is no longer waited for. */
  failure;
};
async function awaitHealthy(context, expectations, timeout, tolerate = {}) {
  const { engine, waitStatus } = context;
  const containers = expectations.map((expectation) => new AwaitedContainer(expectation));
  const watcher = await ContainerWatcher.open(context, containers);
  const wait = {
    ...{ engine, watcher, containers, tolerate, probeDeadline: new AbortController(), timeIsOver: false },
    crashesUntil: performance.now() + Math.min(CRASH_TOLERANCE, timeout / 4)
  };
  waitStatus.limit = timeout;
  waitStatus.look = () => unhealthyText(engine, containers.filter(isAwaited));
  const endTime = () => {
    wait.timeIsOver = true;
    watcher.notifyAll();
  };
  const timers = [
    setTimeout(endTime, timeout),
    setTimeout(() => wait.probeDeadline.abort(), timeout + PROBE_GRACE)
  ];
  const probes = containers.map((each) => settle(wait, each, probeUntilAnswered(wait, each)));
  const checks = containers.map((each) => settle(wait, each, waitUntilHealthy(wait, each)));
  const ownChecks = containers.map((each) => runChecksIfNeeded(wait, each, timeout));
  try {
    await Promise.all(checks);
    const late = containers.filter(isAwaited);
    if (late.length > 0) {
      await Promise.all(probes);
      watcher.signal.throwIfAborted();
    }
    for (const each of late) {
      if (!mayFail(wait, each)) throw await healthTimeoutError(engine, late, timeout);
      each.failure ??= `${each.subject.service} was not healthy within ${formatDuration(timeout)}`;
    }
    const healthy = containers.filter(({ failure }) => failure === void 0);
    return {
      healthy: healthy.flatMap(({ healthyDetails }) => healthyDetails ?? []),
      tolerated: containers.flatMap(({ failure }) => failure ?? [])
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await watcher[Symbol.asyncDispose]();
    await Promise.all([...probes, ...checks, ...ownChecks]);
  }
}
async function runChecksIfNeeded({ engine, watcher }, each, timeout) {
  const { container, ending } = each.subject;
  const { healthcheck } = container;
  if (ending === "always" || healthcheck === void 0 || !asksTooRarely(healthcheck, timeout)) return;
  await runOwnChecks(engine, container, each.ownCheck, watcher.signal, () => each.notify());
}
var withOwnCheck = (details, { ownCheck }) => details.health?.status === "starting" && ownCheck.passedIn === details.startedAt ? { ...details, health: { ...details.health, status: "healthy" } } : details;
var isAwaited = ({ healthyDetails, failure }) => healthyDetails === void 0 && failure === void 0;
async function settle(wait, container, part) {
  try {
    await part;
  } catch (error2) {
    if (wait.watcher.signal.aborted || !mayFail(wait, container)) return wait.watcher.abort(error2);
    container.failure = messageWithoutHost(wait.engine.host, error2);
    container.notify();
  }
}
function mayFail({ containers, tolerate }, { failure, subject }) {
  const failed = containers.filter((each) => each.failure !== void 0);
  const count = failed.filter((each) => each.subject.service === subject.service).length;
  return failure !== void 0 || count < (tolerate[subject.service] ?? 0);
}
async function probeUntilAnswered(wait, container) {
  const { probe } = container.subject;
  if (probe === void 0) return;
  const { signal } = wait.watcher;
  const deadline = wait.probeDeadline.signal;
  try {
    await probe(AbortSignal.any([signal, deadline]));
    container.answered = true;
    container.notify();
  } catch (error2) {
    if (deadline.aborted) return;
    throw signal.aborted ? error2 : await probeError(wait.engine, container, error2);
  }
}
async function probeError(engine, each, error2) {
  const { container, service } = each.subject;
  const details = await engine.inspectContainer(container.id).catch(() => container);
  const history = each.crashHistory(details);
  if (history.restarts === 0) return error2;
  const crash = `${crashText(details, history)}.${await printedSentence(engine, details)}`;
  const text = `${service} did not become healthy in time: ${crash} ${messageWithoutHost(engine.host, error2)}`;
  return new HostError(engine.host, text, { cause: error2 });
}
async function waitUntilHealthy(wait, each) {
  const { engine, watcher } = wait;
  const { container, ending, probe, mustSettle } = each.subject;
  let start;
  for (; ; ) {
    watcher.signal.throwIfAborted();
    if (each.failure !== void 0) return;
    const details = await engine.inspectContainer(container.id);
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = probe !== void 0 && each.answered && !mustSettle;
    const runningFor = proven ? SETTLE_TIME : performance.now() - start.seen;
    const history = each.crashHistory(details, wait.crashesUntil - performance.now());
    const verdict = assessContainer(withOwnCheck(details, each), ending, runningFor, history);
    if (verdict.kind === "failed") throw await failureError(engine, each.subject, details, verdict.why);
    const isHealthy2 = verdict.kind === "ok" && each.answered;
    each.healthyDetails = isHealthy2 ? details : void 0;
    if (isHealthy2 || wait.timeIsOver) return;
    await each.wait(verdict.kind === "pending" ? verdict.recheckIn : void 0);
  }
}
async function failureError(engine, { service, ending }, details, why) {
  const printed = details.state === "running" ? "" : await printedSentence(engine, details);
  const what = ending === "always" ? "did not complete" : "did not become healthy";
  return new HostError(engine.host, `${service} ${what}: ${why}${printed === "" ? "" : `.${printed}`}`);
}
async function healthTimeoutError(engine, late, timeout) {
  const text = `not healthy within ${formatDuration(timeout)} (${await unhealthyText(engine, late)})`;
  const [job] = late.filter(({ subject }) => subject.ending === "always");
  const advice = job === void 0 ? 'Increase "health-timeout", or fix what the container logs show.' : `${job.subject.service} must end before traffic moves, because it has restart: "no" or another service waits for its end. Increase "health-timeout"; or, if it is to keep running, give it restart: unless-stopped.`;
  return new HostError(engine.host, `${text}. ${advice}`);
}
async function unhealthyText(engine, containers) {
  const states = await Promise.all(
    containers.map(async (each) => {
      const details = await engine.inspectContainer(each.subject.container.id);
      const silent = each.answered ? "" : ", no answer to the edge";
      const { output } = each.ownCheck;
      const said = details.health?.status === "starting" && output !== void 0 ? `: ${oneLine(output)}` : "";
      return `${each.subject.service}: ${containerStateText(details, each.crashHistory(details))}${said}${silent}`;
    })
  );
  return [...new Set(states)].join("; ");
}

// src/rollout/run-compose.ts
var COMPOSE_OVERHEAD = 6e4;
async function runCompose(context, project, config, confidential, args, { timeout, onLine }) {
  const { engine, environment, signal: cancelled } = context;
  const deadline = timeout === void 0 ? void 0 : AbortSignal.timeout(timeout + COMPOSE_OVERHEAD);
  const progress = onLine === void 0 ? "plain" : "quiet";
  const env = { ...environment, ...engine.cliEnvironment, ...Object.fromEntries(confidential) };
  try {
    const argv = ["compose", "--project-name", project, "--file", "-", "--progress", progress, ...args];
    await context.run("docker", argv, {
      signal: deadline === void 0 ? cancelled : AbortSignal.any([cancelled, deadline]),
      stdin: JSON.stringify(config),
      env: { ...env, COMPOSE_PROFILES: "*" },
      ...onLine && { onLine }
    });
  } catch (error2) {
    const failedHook = error2 instanceof CommandError ? composeHookError(engine.host, error2) : void 0;
    if (failedHook !== void 0) throw failedHook;
    if (timeout === void 0 || !deadline?.aborted || cancelled.aborted) throw error2;
    throw new HostError(
      engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(timeout + COMPOSE_OVERHEAD)}. Increase "health-timeout", or fix what the container logs show.`,
      { cause: error2 }
    );
  }
}
function requireConfidential(context, id) {
  const known = context.confidential.get(id);
  if (known !== void 0) return known;
  if (releaseById(context, id).confidential.length === 0) return /* @__PURE__ */ new Map();
  throw goneSecretsError(context.engine.host, releaseById(context, id));
}
var goneSecretsError = (host, { id, origin }) => new ConfigurationError(
  `${host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a host. Deploy its image again from a checkout of ${origin.revision ?? "its commit"} instead: input "image".`
);
function accessoryConfidential(context, release) {
  const { confidential } = context;
  const needed = confidentialVariables(release.base, Object.keys(release.base.services));
  return confidential.get(release.id) ?? [...confidential.values()].find((contents) => needed.every((name) => contents.has(name))) ?? (needed.length === 0 ? /* @__PURE__ */ new Map() : requireConfidential(context, release.id));
}

// src/rollout/accessories.ts
async function ensureAccessories(context, action) {
  const { engine } = context;
  const release = releaseById(context, action.release);
  const { recreate: recreate2 = [] } = action;
  const missing = action.services.filter((name) => !recreate2.includes(name));
  await Promise.all([
    createMissingNetworks(engine, release),
    ...baseObjects(release).volumes.map((volume) => engine.createVolume(volume))
  ]);
  const config = await withUpstreamHosts(engine, release, renderBase(release));
  const start = async (...args) => {
    const confidential = accessoryConfidential(context, release);
    const up = ["up", "--detach", "--no-build", ...args];
    const { timeout } = release.health;
    await runCompose(context, baseProject(release), config, confidential, up, { timeout });
  };
  if (missing.length > 0) await start("--no-recreate", ...missing);
  if (recreate2.length > 0) await start("--force-recreate", "--no-deps", ...recreate2);
  await awaitAccessories(context, release, missing, recreate2);
  return recreate2.length === 0 ? void 0 : `${recreate2.join(", ")} recreated`;
}
async function withUpstreamHosts(engine, release, base) {
  const upstreams = release.routes.flatMap(({ upstream }) => upstream ?? []);
  if (upstreams.length === 0) return base;
  const addresses = await upstreamAddresses(engine, release);
  const services = mapValues(base.services, (service) => {
    const networks = asObject(service["networks"]);
    const own = upstreams.filter((upstream) => upstreamKey(upstream) in networks);
    const hosts = [...new Set(upstreamHosts(own, addresses))];
    return hosts.length === 0 ? service : { ...service, extra_hosts: [...asStrings(service["extra_hosts"]), ...hosts] };
  });
  return { ...base, services };
}
async function awaitAccessories(context, release, missing, recreate2) {
  const started = [...missing, ...recreate2].filter(
    (name) => recreate2.includes(name) || isWaitedFor(release, name)
  );
  if (started.length === 0) return;
  const expectations = [];
  for (const container of await inspectAll(context.engine, await listAccessories(context))) {
    const service = serviceOf(container) ?? "";
    if (!started.includes(service)) continue;
    const ending = endingOfAccessory(release, service);
    const staysUp = hasHealthcheck(container) || isLongRunning(release, service);
    if (!isWaitedFor(release, service) && !staysUp) continue;
    expectations.push({ container, service, ending, probe: void 0, mustSettle: true });
  }
  const isOptional = ({ service }) => {
    const awaited = release.conditions.filter(
      (each) => each.service === service && each.condition !== "service_started"
    );
    return awaited.length > 0 && awaited.every(({ optional }) => optional === true);
  };
  await awaitAll(
    context,
    release,
    expectations.filter((each) => !isOptional(each))
  );
  for (const each of expectations.filter(isOptional)) {
    await awaitAll(context, release, [each]).catch((error2) => {
      if (!(error2 instanceof HostError) || context.signal.aborted) throw error2;
      context.log.warning(`${error2.message} It is optional, so the release starts without it.`);
    });
  }
}
async function awaitAll(context, release, expectations) {
  if (expectations.length === 0) return;
  try {
    await awaitHealthy(context, expectations, release.health.timeout);
  } catch (error2) {
    if (!(error2 instanceof HostError) || context.engine.disconnected.aborted) throw error2;
    const { host } = context.engine;
    const evidence = await failureLines(context, expectations);
    throw new HostError(host, messageWithoutHost(host, error2), { evidence, cause: error2 });
  }
}
async function failureLines(context, expectations) {
  const now = await inspectAll(
    context.engine,
    expectations.map(({ container }) => container)
  );
  const failed = now.filter(({ state, exitCode }) => state !== "running" && exitCode !== 0);
  const lines = await Promise.all(failed.map(({ id }) => lastLogLines(context, id)));
  return lines.flat();
}
var isWaitedFor = (release, name) => endingOfAccessory(release, name) === "always" || release.conditions.some(({ service, condition }) => service === name && condition !== "service_started");
function endingOfAccessory({ conditions, accessoryEndings }, name) {
  const completes = conditions.some(
    ({ service, condition }) => service === name && condition === "service_completed_successfully"
  );
  return completes ? "always" : accessoryEndings?.[name] ?? "never";
}
async function listAccessories({
  engine,
  appEnvironment
}) {
  const project = await engine.listContainers([`com.docker.compose.project=${baseProject(appEnvironment)}`]);
  return project.filter(({ labels }) => labels[LABEL.release] === void 0 && !isOneOff({ labels }));
}
function isLongRunning({ base }, name) {
  const restart = asText(asObject(base.services[name])["restart"]);
  return restart === "always" || restart === "unless-stopped";
}
async function checkExternals(engine, release) {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [existing, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => ({ name, volume: await engine.inspectVolume(name) })))
  ]);
  const missing = [
    ...networks.filter((name) => !existing.some((network) => network.name === name)).map((name) => `docker network create ${name}`),
    ...found.filter(({ volume }) => volume === void 0).map(({ name }) => `docker volume create ${name}`)
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file declares networks or volumes as external that do not exist. Create them on the host (${missing.join("; ")}), or remove "external".`
  );
}

// src/rollout/adopt-project.ts
var STAYS_STOPPED = { name: "unless-stopped", maxRetries: 0 };
async function stopAdoptedProject(context, { project, release: id }) {
  const { engine, runState } = context;
  const release = releaseById(context, id);
  const all = await listProject(engine, project);
  const own = all.filter((each) => {
    const service = serviceOf(each) ?? "";
    return service in release.services || service in release.base.services;
  });
  const containers = await inspectAll(engine, own);
  for (const each of containers)
    if (!runState.stoppedContainers.has(each.id)) runState.stoppedContainers.set(each.id, each);
  await allOrThrow(
    containers.map(async (each) => {
      if (each.restartPolicy === "always" || each.restartPolicy === "on-failure")
        await engine.setRestartPolicy(each.id, STAYS_STOPPED);
      if (isRunning(each)) await engine.stopContainer(each.id).catch(ignoreNotFound);
    })
  );
  const count = containers.filter(isRunning).length;
  return `${count} stopped; once they are not needed any more: docker compose -p ${project} rm (never down --volumes)`;
}
async function restartAdoptedProject(context, { project }) {
  const { engine, runState } = context;
  const accessories = await listAccessories(context);
  for (const { id } of accessories) await engine.stopContainer(id).catch(ignoreNotFound);
  await allOrThrow(
    accessories.map(({ id }) => engine.removeContainer(id, { force: true, keepVolumes: true }))
  );
  const before = [...runState.stoppedContainers.values()];
  const ids = new Set((await listProject(engine, project)).map(({ id }) => id));
  for (const each of inStartOrder(before.filter(({ id }) => ids.has(id)))) {
    const { restartPolicy: name, restartRetries: maxRetries = 0 } = each;
    if (name === "always" || name === "on-failure")
      await engine.setRestartPolicy(each.id, { name, maxRetries });
    if (isRunning(each)) await engine.startContainer(each.id);
  }
  return `${before.filter(isRunning).length} started`;
}
var isRunning = ({ state }) => state === "running" || state === "restarting" || state === "paused";
var listProject = async (engine, project) => (await engine.listContainers([`com.docker.compose.project=${project}`])).filter((each) => !isOneOff(each));
function inStartOrder(containers) {
  const placed = [];
  let rest = containers;
  while (rest.length > 0) {
    const waiting = new Set(rest.map((each) => serviceOf(each) ?? ""));
    const ready = rest.filter((each) => dependenciesOn(each).every((name) => !waiting.has(name)));
    placed.push(...ready.length > 0 ? ready : rest);
    rest = rest.filter((each) => !placed.includes(each));
  }
  return placed;
}
var dependenciesOn = ({ labels }) => (new Map(Object.entries(labels)).get("com.docker.compose.depends_on") ?? "").split(",").map((each) => each.split(":", 1)[0] ?? "");

// src/model/bytes.ts
var BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
function formatBytes(bytes) {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= (unit === 0 ? 1e3 : 999.95) && unit < BYTE_UNITS.length - 1) {
    value /= 1e3;
    unit += 1;
  }
  return `${Number(value.toFixed(unit === 0 ? 0 : 1))} ${BYTE_UNITS[unit] ?? ""}`;
}

// src/release/compose/port-protocol.ts
var HTTP_PROTOCOLS = new Map([
  ...["http", "http1", "http/1.1", "ws", "websocket", "kubernetes.io/ws", "grpc-web"].map(
    (name) => [name, "http"]
  ),
  ...["h2c", "http2", "http/2", "kubernetes.io/h2c"].map((name) => [name, "h2c"]),
  ["grpc", "grpc"]
]);
var NON_HTTP_PORTS = /* @__PURE__ */ new Map([
  [22, "SSH"],
  [25, "SMTP"],
  [143, "IMAP"],
  [465, "SMTP"],
  [587, "SMTP"],
  [993, "IMAP"],
  [1433, "SQL Server"],
  [1521, "Oracle"],
  [1883, "MQTT"],
  [3306, "MySQL"],
  [5432, "PostgreSQL"],
  [5672, "AMQP"],
  [6379, "Redis"],
  [9042, "Cassandra"],
  [9092, "Kafka"],
  [11211, "memcached"],
  [27017, "MongoDB"]
]);
var nonHttpProtocol = (port) => NON_HTTP_PORTS.get(port);
var TLS_PROTOCOLS = /* @__PURE__ */ new Set(["https", "tls", "ssl", "wss", "kubernetes.io/wss", "h2"]);
var TLS_PORTS = /* @__PURE__ */ new Set([443, 8443]);
function httpPortsOf(service) {
  return portsOf(service).filter((port) => whyNotHttp(port, service) === void 0);
}
function isTlsPort({ target, appProtocol }, service) {
  if (appProtocol !== void 0) return TLS_PROTOCOLS.has(appProtocol);
  return TLS_PORTS.has(target) || portsAskedByHttps(service).has(target);
}
var OWN_HTTPS_URL = /https:\/\/(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])(?::(?<port>\d{1,5}))?(?!\d)/gi;
function portsAskedByHttps(service) {
  const { test, disable } = asObject(service["healthcheck"]);
  if (disable === true) return /* @__PURE__ */ new Set();
  const command = asText(test) ?? asStrings(test).join(" ");
  return new Set([...command.matchAll(OWN_HTTPS_URL)].map(({ groups }) => Number(groups?.["port"] ?? 443)));
}
function routeProtocolOf({ appProtocol = "http" }) {
  const protocol = HTTP_PROTOCOLS.get(appProtocol);
  return protocol === "http" ? void 0 : protocol;
}
function whyNotHttp(port, service) {
  if (port.protocol !== "tcp") return `port ${port.target}/${port.protocol} is not HTTP`;
  if (port.published?.includes("-")) return `port ${port.target} is published on a range (${port.published})`;
  if (port.appProtocol !== void 0) {
    return HTTP_PROTOCOLS.has(port.appProtocol) ? void 0 : `port ${port.target} has app_protocol: ${port.appProtocol}`;
  }
  if (isTlsPort(port, service))
    return `port ${port.target} speaks TLS (if it speaks plain HTTP, set app_protocol: http)`;
  const known = NON_HTTP_PORTS.get(port.target);
  return known === void 0 ? void 0 : `port ${port.target} is ${known}'s (if it speaks HTTP, set app_protocol: http)`;
}

// src/release/compose/update-config.ts
function updateConfigOf(name, service, problems) {
  const section = asObject(service["deploy"])["update_config"];
  if (section === void 0 || section === null) return void 0;
  const config = asObject(section);
  const reportInvalid = (field, advice) => problems.add(
    `compose-file: service ${name} has deploy.update_config.${field}: ${String(config[field])}. ${advice}`,
    "services",
    name,
    "deploy",
    "update_config",
    field
  );
  return {
    parallelism: parallelismOf(config["parallelism"], reportInvalid),
    order: asText(config["order"]) === "stop-first" ? "stop-first" : "start-first",
    delay: updateDurationOf("delay", config["delay"], reportInvalid),
    monitor: updateDurationOf("monitor", config["monitor"], reportInvalid),
    maxFailureRatio: failureRatioOf(config["max_failure_ratio"], reportInvalid),
    failureAction: failureActionOf(config["failure_action"], reportInvalid)
  };
}
function parallelismOf(value, reportInvalid) {
  if (value === void 0) return 1;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  reportInvalid("parallelism", "Give a whole number of replicas, or 0 for all at once.");
  return 1;
}
function updateDurationOf(field, value, reportInvalid) {
  if (value === void 0) return 0;
  const written = asText(value) ?? "";
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== void 0 && milliseconds <= MAX_DURATION) return milliseconds;
  reportInvalid(field, "Give a duration of at most 24h, such as 10s.");
  return 0;
}
function failureRatioOf(value, reportInvalid) {
  if (value === void 0) return 0;
  const ratio2 = typeof value === "number" ? value : Number(asText(value));
  if (ratio2 >= 0 && ratio2 <= 1) return ratio2;
  reportInvalid("max_failure_ratio", "Give a share of the replicas from 0 to 1.");
  return 0;
}
function failureActionOf(value, reportInvalid) {
  if (value === "continue") return "continue";
  if (value !== void 0 && value !== "pause" && value !== "rollback")
    reportInvalid("failure_action", "Give continue, rollback or pause.");
  return "rollback";
}
function stopsAllReplicasFirst(service) {
  const config = asObject(asObject(service["deploy"])["update_config"]);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === "number" && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return asText(config["order"]) === "stop-first" && batch >= replicasOf(service);
}

// src/release/compose/why-exclusive.ts
var WITHOUT_EDGE = "with edge: none ";
var isPublishedWithoutEdge = (reason) => reason?.startsWith(WITHOUT_EDGE) ?? false;
function whyPublishedByService(port) {
  return port.published === void 0 ? void 0 : `${WITHOUT_EDGE}it publishes port ${port.published} itself`;
}
function whyExclusive(service, isReleased, edge) {
  const reasons = [
    ...["network_mode", "pid", "ipc", "uts"].map((key) => sharedNamespaceReason(service, key, isReleased)),
    defaultBridgeReason(service),
    settingText("mac_address", asText(service["mac_address"])),
    fixedAddressReason(service),
    stopsAllReplicasFirst(service) ? "deploy.update_config.order: stop-first" : void 0,
    ...portsOf(service).map(
      (port) => edge === "none" ? whyPublishedByService(port) : whyNotHttp(port, service)
    )
  ];
  return reasons.find((reason) => reason !== void 0);
}
function settingText(key, value) {
  return value === void 0 ? void 0 : `${key}: ${value}`;
}
function sharedNamespaceReason(service, key, isReleased) {
  const mode = asText(service[key]);
  const other = referencedService(mode);
  const outside = other === void 0 ? mode === "host" || mode?.startsWith("container:") : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : void 0;
}
function defaultBridgeReason(service) {
  return asText(service["network_mode"]) === "bridge" && portsOf(service).length > 0 ? "network_mode: bridge" : void 0;
}
function fixedAddressReason(service) {
  for (const [network, options] of Object.entries(asObject(service["networks"]))) {
    for (const key of ["ipv4_address", "ipv6_address", "mac_address"]) {
      const address = asText(asObject(options)[key]);
      if (address !== void 0) return `${key}: ${address} on network ${network}`;
    }
  }
  return void 0;
}

// src/release/compose/self-published.ts
function selfPublishedPorts({ services, compose }, name) {
  const { role, exclusiveReason } = services[name] ?? {};
  const service = compose.services[name];
  if (role !== "exclusive" || service === void 0 || isPublishedWithoutEdge(exclusiveReason)) return [];
  const ports = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  return [...new Map(ports.map((port) => [port.target, port])).values()].map((port) => ({
    port: port.target,
    protocol: isTlsPort(port, service) ? "tls" : "tcp"
  }));
}
var publishesPortsItself = (release) => Object.keys(release.services).some((name) => selfPublishedPorts(release, name).length > 0);

// src/rollout/disk-space.ts
var AMPLE_SPACE = 32 * 1024 ** 3;
async function checkDiskSpace(context, images) {
  if (images.length === 0) return;
  const free = await freeSpace(context);
  if (free === void 0 || free >= AMPLE_SPACE) return;
  const needed = await neededSpace(context, images);
  if (needed !== void 0 && needed > free) throw shortageError(context, images, needed, free);
}
async function diskFullError(context, images, evidence) {
  const [needed, free] = await Promise.all([neededSpace(context, images), freeSpace(context)]);
  return shortageError(context, images, needed, free, evidence);
}
function shortageError({ engine }, images, needed, free, evidence = []) {
  const isMissing = needed !== void 0 && free !== void 0 && free < needed;
  const missing = isMissing ? `, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing` : "";
  const sizes = needed === void 0 ? "" : ` It needs at least ${megabytes(needed)}${missing}.`;
  return new HostError(
    engine.host,
    `there is not enough disk space for ${images.join(", ")}.${sizes} Free some space ("docker system df" shows what uses it) or lower "keep".`,
    { evidence }
  );
}
var megabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;
function freeSpace(context) {
  const { engine, signal } = context;
  return orUnknown(context, "free space", async () => {
    const container = (await engine.listContainers([LABEL.role])).find(
      (each) => each.state === "running" && hasOwnRole(each, "edge", "front")
    );
    if (container === void 0) return void 0;
    const { exitCode, stdout } = await engine.exec(container.id, ["df", "-Pk", "/"], { signal });
    return exitCode === 0 ? parseAvailableSpace(stdout) : void 0;
  });
}
function parseAvailableSpace(output) {
  const available = Number(output.trim().split("\n")[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : void 0;
}
function neededSpace(context, images) {
  return orUnknown(context, "size of the images", async () => {
    const [existing, ...lookups] = await Promise.all([
      existingLayers(context.engine),
      ...images.map((image) => layersForHost(context, image))
    ]);
    const missing = /* @__PURE__ */ new Map();
    for (const layers of lookups) {
      if (layers === void 0) return void 0;
      for (const { diffId, size } of layers) if (!existing.has(diffId)) missing.set(diffId, size);
    }
    return [...missing.values()].reduce((sum, size) => sum + size, 0);
  });
}
async function layersForHost({ engine, lookUpLayers }, image) {
  const [{ os, architecture }, platforms] = await Promise.all([engine.version(), lookUpLayers(image)]);
  return layersForPlatform(platforms, `${os}/${architecture}`);
}
var layersForPlatform = (platforms, platform) => [...platforms ?? []].find(([name]) => name === platform || name.startsWith(`${platform}/`))?.[1].layers;
async function existingLayers(engine) {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}
async function orUnknown({ engine, signal, log }, what, read) {
  try {
    return await read();
  } catch (error2) {
    signal.throwIfAborted();
    log.debug(`${engine.host}: the ${what} is not known: ${messageOf(error2)}`);
    return void 0;
  }
}

// src/rollout/image-platforms.ts
async function missingPlatformError(context, image, evidence) {
  const { engine, lookUpLayers, log } = context;
  const found = await lookUpLayers(image.name).catch((error2) => {
    log.debug(`${engine.host}: the platforms of ${image.name} are not known: ${messageOf(error2)}`);
    return void 0;
  });
  return await otherPlatformError(context, image, [...found?.keys() ?? []], evidence);
}
async function warnOfOtherPlatform(context, image, platform) {
  if (image.platform !== void 0 || platform === "") return;
  const error2 = await otherPlatformError(context, image, [platform]);
  if (error2 !== void 0) context.log.warning(`${error2.message} Without emulation it can't start there.`);
}
async function otherPlatformError({ engine }, { name, platform, isReleased }, found, evidence = []) {
  const { os, architecture } = await engine.version();
  const wanted = platform ?? `${os}/${architecture}`;
  if (found.length === 0 || found.some((each) => runsOn(each, wanted))) return void 0;
  const needs = platform === void 0 ? `this host is ${wanted}` : `"platform" of its service says ${wanted}`;
  const advice = isReleased ? `Build it for that too: platforms: ${[...found, wanted].join(", ")}.` : `Name an image in the Compose file that is built for ${wanted}.`;
  return new HostError(engine.host, `${name} is for ${joinWithAnd(found)}, and ${needs}. ${advice}`, {
    evidence
  });
}
var OLDER_PLATFORM = {
  "linux/amd64": "linux/386",
  "linux/arm64": "linux/arm"
};
var runsOn = (platform, host) => [host, OLDER_PLATFORM[host]].some(
  (each) => each !== void 0 && (platform === each || platform.startsWith(`${each}/`) || each.startsWith(`${platform}/`))
);

// src/rollout/pull-image.ts
var NOT_FOUND = /not found|manifest unknown|no matching manifest|no match for platform|does not match the specified platform/i;
var PULL_RETRY_LIMIT = 5 * 6e4;
async function pullImage(context, image, progress) {
  const { engine, log, signal, pullRetry } = context;
  layersForHost(context, image.name).then(
    (layers = []) => progress.measure(image.name, layers),
    (error2) => log.debug(`${engine.host}: the size of ${image.name} is not known: ${messageOf(error2)}`)
  );
  const what = `${engine.host}: the pull of ${image.name}`;
  await retryTransient(what, () => pullOnce(context, image, progress), { log, signal, ...pullRetry });
}
async function pullOnce(context, image, progress) {
  const { engine, environment, signal } = context;
  const env = { ...environment, ...engine.cliEnvironment };
  const onLine = (line) => progress.read(image.name, line);
  const platform = image.platform === void 0 ? [] : ["--platform", image.platform];
  try {
    await context.run("docker", ["pull", ...platform, image.name], { env, signal, onLine });
  } catch (error2) {
    throw error2 instanceof CommandError ? await pullError(context, image, error2) : error2;
  }
}
async function pullError(context, image, { stderr, evidence, message }) {
  const { engine, signal } = context;
  const { host } = engine;
  const { name } = image;
  const registry = registryOf(name);
  const reason = (evidence.at(-1) ?? message).replace(/^Error response from daemon: |\.$/g, "");
  if (/no space left on device/i.test(stderr)) return diskFullError(context, [name], evidence);
  if (isTransient(stderr)) {
    const wait = retryAfterInText(stderr) ?? (isBusy(stderr) ? await askRetryAfter(name, signal) : void 0);
    const asked = wait === void 0 ? "" : ` It asks to try again in ${Math.ceil(wait / 1e3)} s.`;
    const error2 = new HostError(
      host,
      `could not pull ${name}: ${reason}.${asked}${limitAdvice(stderr, registry)}`,
      { evidence }
    );
    if (engine.disconnected.aborted) return error2;
    return new TransientError(error2, {
      reason: `${reason}.`,
      wait
    });
  }
  if (isAccessDenied(stderr)) {
    return new HostError(
      host,
      `the registry ${registry} refuses ${name}. Check that the login for ${registry} can read it. If there is none, ${loginAdvice(registry)}. A login on the server itself is not used.`,
      { evidence }
    );
  }
  if (!NOT_FOUND.test(stderr)) return new HostError(host, `could not pull ${name}: ${reason}.`, { evidence });
  const notFound = `${name} was not found in the registry. Check its name and tag, and whether it was removed since.`;
  return await missingPlatformError(context, image, evidence) ?? new HostError(host, notFound, { evidence });
}
var isBusy = (text) => /\b(?:429|503)\b|toomanyrequests|too many requests/i.test(text);
var limitAdvice = (text, registry) => registry === DOCKER_HUB && /toomanyrequests|pull rate limit/i.test(text) ? ` With a login, Docker Hub allows more: ${loginAdvice(registry)}.` : "";

// src/rollout/pull-progress.ts
var LAYER_LINE = /^([0-9a-f]{12}): (.+)$/;
var ON_HOST = "Already exists";
var TRANSFERRED = /^(?:Verifying Checksum|Download complete|Extracting|Pull complete)/;
var PullProgress = class {
  #layers = /* @__PURE__ */ new Map();
  /** Bytes by the start of the digest. */
  #sizes = /* @__PURE__ */ new Map();
  /** Images whose layers are known with their sizes. */
  #measured = /* @__PURE__ */ new Set();
  /** Reads a line that the pull of an image has printed. */
  read(image, line) {
    const [, id, state] = LAYER_LINE.exec(line) ?? [];
    if (id === void 0 || state === void 0) return;
    const known = this.#layers.get(id);
    if (known === void 0) this.#layers.set(id, { image, state });
    else if (known.image === image) known.state = state;
  }
  /** Adds what the registry says of an image. */
  measure(image, layers) {
    for (const { digest, size } of layers) this.#sizes.set(shortId(digest), size);
    if (layers.length > 0) this.#measured.add(image);
  }
  /** `3 of 8 layers, 41.2 MB of 120 MB`; `undefined` before the first layer is known. */
  get text() {
    const wanted = [...this.#layers].filter(([, { state }]) => state !== ON_HOST);
    if (wanted.length === 0) return void 0;
    const done = wanted.filter(([, { state }]) => TRANSFERRED.test(state));
    const size = (layers) => formatBytes(layers.reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0));
    const isKnown = wanted.every(([id]) => this.#sizes.has(id));
    const bytes = isKnown ? `, ${size(done)} of ${size(wanted)}` : "";
    return `${done.length} of ${wanted.length} layers${bytes}`;
  }
  /** The bytes that the pull of an image has transferred; `undefined` if the registry did not say. */
  bytesOf(image) {
    if (!this.#measured.has(image)) return void 0;
    return [...this.#layers].filter(([, layer]) => layer.image === image && TRANSFERRED.test(layer.state)).reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0);
  }
};
var shortId = (digest) => digest.replace(/^sha256:/, "").slice(0, 12);

// src/rollout/host-images.ts
var retentionRepository = (appEnvironment) => `sealift/${baseProject(appEnvironment)}`;
var imagesOf = ({ services }) => [...new Set(Object.values(services).map(({ image }) => image))].sort();
var retentionTags = (release) => imagesOf(release).map((image, index) => ({ image, tag: `${release.id}-${index}` }));
async function pullImages(context, action) {
  const { engine, runState, waitStatus } = context;
  const release = releaseById(context, action.release);
  const images = imagesToPull(release, context);
  const lookups = await Promise.all(
    images.map(async (image) => await engine.inspectImage(image.name) === void 0 ? [image] : [])
  );
  const missing = lookups.flat();
  await checkDiskSpace(
    context,
    missing.map(({ name }) => name)
  );
  const progress = new PullProgress();
  waitStatus.look = () => progress.text;
  await Promise.all(missing.map((image) => pullImage(context, image, progress)));
  await Promise.all(
    retentionTags(release).map(
      ({ image, tag }) => engine.tagImage(image, retentionRepository(context.appEnvironment), tag)
    )
  );
  const found = await Promise.all(
    images.map(async (image) => {
      const { name } = image;
      const details = await engine.inspectImage(name);
      await warnOfOtherPlatform(context, image, details?.platform ?? "");
      const pulled = missing.includes(image) ? progress.bytesOf(name) : 0;
      return { image: name, size: details?.size, pulled };
    })
  );
  runState.pullResults.set(action, found);
  return missing.length === 0 ? "all images are on the host" : `${missing.length} of ${images.length} pulled${pulledText(found)}`;
}
function imagesToPull(release, { settings }) {
  const { services, compose, base, routes } = release;
  const needsEdgeImage = routes.length > 0 || publishesPortsItself(release);
  const uses = [
    ...Object.entries(services).map(([name, { image }]) => ({
      ...{ name: image, isReleased: true },
      platform: asText(compose.services[name]?.["platform"])
    })),
    ...Object.values(base.services).flatMap(
      ({ image, platform }) => typeof image === "string" ? [{ name: image, isReleased: false, platform: asText(platform) }] : []
    ),
    ...needsEdgeImage ? [{ name: settings.edgeImage, isReleased: false, platform: void 0 }] : []
  ];
  const images = /* @__PURE__ */ new Map();
  for (const use of uses) {
    const known = images.get(use.name) ?? use;
    images.set(use.name, known.platform === use.platform ? known : { ...known, platform: void 0 });
  }
  return [...images.values()];
}
function pulledText(images) {
  if (images.some(({ pulled }) => pulled === void 0)) return "";
  return `, ${formatBytes(images.reduce((sum, { pulled = 0 }) => sum + pulled, 0))}`;
}
async function removeImages(context, removed, kept) {
  const { engine } = context;
  const needed = new Set(kept.flatMap(imagesOf));
  for (const { image, tag } of removed.flatMap(retentionTags)) {
    await engine.removeImage(`${retentionRepository(context.appEnvironment)}:${tag}`);
    if (needed.has(image)) continue;
    const tags = (await engine.inspectImage(image))?.repoTags ?? [];
    if (tags.length === 0) await engine.removeImage(image);
  }
}
async function imageIds({ engine }, release, services) {
  const images = imagesOf({ services: pickKeys(release.services, services) });
  return new Map(
    await Promise.all(
      images.map(async (image) => {
        const details = await engine.inspectImage(image);
        if (details === void 0)
          throw new HostError(engine.host, `${image} is not on this host any more. Deploy again.`);
        return [image, details.id];
      })
    )
  );
}

// src/rollout/route-answers.ts
import { setTimeout as pause7 } from "node:timers/promises";

// src/rollout/no-answer-text.ts
function noAnswerText(service, port, path, failure, protocol) {
  const slow = / within \d/.test(failure);
  const causes = [
    ...failure.endsWith("is TLS") ? ["The service ends TLS itself: set app_protocol: https on the port, so that TLS is passed through."] : [],
    ...protocol === void 0 && failure.endsWith("is HTTP/2") ? ["The port speaks nothing but HTTP/2: set app_protocol: h2c on it, or app_protocol: grpc."] : [],
    ...slow ? [`${path} takes too long: set "health-path" to a path that is answered sooner.`] : [],
    "The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.",
    `It listens on another port than ${port}: set its port as the container port in the Compose file (or in the input "port").`,
    protocol === void 0 ? "The port does not speak HTTP: set app_protocol: tcp on it." : `The port does not speak HTTP/2 without TLS: remove app_protocol: ${protocol} from it.`
  ];
  return `${service} gives visitors no answer on its port ${port}: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(" ")}`;
}
var REFUSED_HOST = /^answered (?:400|403|421)$/;
function wrongStatusText(failure, { host, scheme, protocol }) {
  if (protocol === "grpc") return `${failure} to gRPC's health check (grpc.health.v1).`;
  const asked = `${failure} to a request for ${scheme}://${host}.`;
  const advice = host === LOCAL_IDENTITY.host && REFUSED_HOST.test(failure) ? 'If the app answers to its own name only (ALLOWED_HOSTS, config.hosts), set "health-host" to that name.' : 'If that status is right, add it to "health-status".';
  return `${asked} ${advice}`;
}
function noPortAnswerText(service, port, protocol, failure) {
  const causes = [
    ...protocol === "tls" ? ["The port does not speak TLS: set app_protocol: http on it, if it is HTTP, or app_protocol: tcp."] : [],
    "The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.",
    `It listens on another port than ${port}: set its port as the container port in the Compose file.`
  ];
  return `${service} gives visitors no answer on its port ${port}, which it publishes itself: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(" ")}`;
}

// src/edge/switch-traffic.ts
var WRITE_SCRIPT = {
  name: "switch",
  text: `
set -eu
cd "$1"; slots=$2; split=$3; idle=$4; shift 4
rm -rf .next.*
next=.next.$$
mkdir "$next"
store() { if command -v fsync >/dev/null; then fsync "$next"/* || :; fi; mv -f "$next"/* .; }
while [ $# -ge 2 ]; do printf '%s\\n' "$2" > "$next/$1"; shift 2; done
for slot in $slots; do
  for file in "$slot".*.*; do
    if [ -e "$file" ] && [ ! -e "$next/$file" ]; then : > "$next/$file"; fi
  done
done
store
if [ -n "$split" ]; then printf '%s\\n' "$split" > "$next/split"; store; fi
if [ -n "$idle" ]; then
  for file in "$slots".*.*; do
    [ -e "$file" ] || continue
    line=; read -r line < "$file" || :
    printf '%s\\n' "$line" > "$next/$idle\${file#"$slots"}"
  done
  mv -f "$next"/* .
fi
rmdir "$next"
for file in split *.release *.*.*; do
  [ -e "$file" ] || continue
  line=; read -r line < "$file" || :
  printf '%s %s\\n' "$file" "$line"
done
`
};
async function switchToSlot(engine, edge, slot, release, addresses) {
  const state = { split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot) };
  await writeTraffic(engine, edge, [{ slot, release, addresses }], state);
}
async function splitVisitors(engine, edge, canary2, share, others) {
  await writeTraffic(engine, edge, [others, canary2], { split: splitFor(canary2.slot, share) });
}
async function clearSlot(engine, edge, slot) {
  await writeTraffic(engine, edge, [{ slot, release: "", addresses: /* @__PURE__ */ new Map() }], {});
}
async function writeTraffic(engine, edge, slots, { split = "", idle = "" }) {
  const files = slots.flatMap(({ slot, release, addresses }) => [
    ...slotAddressFiles(slot, addresses),
    [releaseFile(slot), release]
  ]);
  const names = slots.map(({ slot }) => slot).join(" ");
  const printed = await runScript(engine, edge, WRITE_SCRIPT, [
    EDGE_FOLDER,
    names,
    split,
    idle,
    ...files.flat()
  ]);
  const state = new Map(
    printed.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)])
  );
  for (const [file, content] of split === "" ? files : [...files, [SPLIT_FILE, split]]) {
    if (state.get(file) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file} holds "${state.get(file) ?? ""}" after "${content}" was written to it. Deploy again.`
    );
  }
}

// src/rollout/traffic-actions.ts
async function requireEdgeContainer({ engine, appEnvironment }) {
  return runningEdgeId(engine, await observeEdge(engine, appEnvironment));
}
async function resolveUpstreams(context, { release: id, slot }) {
  const release = releaseById(context, id);
  const addresses = await requireAddressPerRoute(context, release, await findAllAddresses(context, release));
  return { release: id, slot, addresses };
}
async function switchTraffic(context, to) {
  const [edge, { addresses }] = await Promise.all([
    requireEdgeContainer(context),
    resolveUpstreams(context, to)
  ]);
  await switchToSlot(context.engine, edge, to.slot, to.release, addresses);
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}
async function splitTraffic(context, action) {
  const { share, slot, release, baseline } = action;
  const [edge, canary2, others] = await Promise.all([
    requireEdgeContainer(context),
    resolveUpstreams(context, action),
    resolveUpstreams(context, baseline)
  ]);
  await splitVisitors(context.engine, edge, canary2, share, others);
  recordTrafficChange(context, release, baseline.release);
  return `${formatPercent(share)} of the visitors go to ${slot}, all others to ${baseline.slot}`;
}
async function balanceReplicas(context, { release: id, slot, share, removedReplicas, newRelease }) {
  const release = releaseById(context, id);
  const [edge, remaining, added] = await Promise.all([
    requireEdgeContainer(context),
    findAllAddresses(context, release, { after: removedReplicas }),
    newRelease === void 0 ? /* @__PURE__ */ new Map() : findAllAddresses(context, releaseById(context, newRelease.release), newRelease)
  ]);
  const addresses = await requireAddressPerRoute(context, release, mixAddresses(remaining, added, share));
  await switchToSlot(context.engine, edge, slot, id, addresses);
  if (newRelease === void 0) {
    recordTrafficChange(context, id);
    return `requests go to ${containersText(remaining)} of ${id}`;
  }
  recordTrafficChange(context, id, newRelease.release);
  return `requests go to ${containersText(added)} of ${newRelease.release} and ${containerCount(remaining)} of ${id}`;
}
var containerCount = (addresses) => new Set([...addresses.values()].flat().map((each) => each.slice(0, each.lastIndexOf(":")))).size;
function containersText(addresses) {
  const count = containerCount(addresses);
  return count === 1 ? "1 container" : `${count} containers`;
}
async function clearSlotRouting({ engine, appEnvironment }, slot) {
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state === "running") await clearSlot(engine, edge.containerId, slot);
}
async function drainTraffic(context, replicas) {
  const { runState, jobCancelled, settings } = context;
  const left = runState.drainedReleases.has(replicas.release) ? 0 : await waitForDrain(context, replicas, jobCancelled ? 0 : settings.drainTimeout);
  if (left === void 0) return "no edge, nothing to wait for";
  if (left === 0) return "no request in flight";
  return `${left === 1 ? "1 request was" : `${left} requests were`} still in flight when the drain ended`;
}
async function waitForDrain(context, replicas, timeout) {
  const { engine, appEnvironment, signal, waitStatus } = context;
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state !== "running") return void 0;
  const containers = await inspectReplicas(context, replicas);
  const attachments = containers.flatMap(({ networks }) => Object.values(networks));
  const addresses = attachments.flatMap(({ ipv4, ipv6 = "" }) => [ipv4, ipv6]);
  waitStatus.limit = timeout;
  waitStatus.look = async () => `${await drainAddresses(engine, edge.containerId, addresses, 0, signal)} still in flight`;
  return drainAddresses(engine, edge.containerId, addresses, timeout, signal);
}
function recordTrafficChange({ runState }, ...releases) {
  runState.lastChangeAt = performance.now();
  for (const id of releases) runState.drainedReleases.delete(id);
}

// src/rollout/route-answers.ts
var DEFAULT_PATH = "/";
var EDGE_RETRY_INTERVAL = 200;
var routesOfService = ({ routes }, service) => routes.filter((route) => route.service === service);
var answerKey = ({ id }, port) => `${id}:${port}`;
function routeProbe(context, release, container) {
  const service = serviceOf(container) ?? container.name;
  const routes = routesOfService(release, service);
  const [first] = routes;
  const mustAnswer = mustAnswerVisitors(context, release);
  const checked = hasHealthcheck(container);
  if (first === void 0 || checked && !mustAnswer) return void 0;
  const { path } = release.health;
  return async (signal) => {
    if (checked && !await hasRunningEdge(context)) return;
    await allOrThrow(
      (mustAnswer ? routes : [first]).map(async (route) => {
        const isFirstByStatus = route === first && (path !== void 0 || !mustAnswer);
        const byStatus = !checked && (isFirstByStatus || hasGrpcCheck(context, release, route));
        await (byStatus ? requireSuccess(context, release, container, route, signal) : requireAnswer(context, release, container, route, signal));
        if (mustAnswer) context.runState.answeredPorts.add(answerKey(container, route.containerPort));
      })
    );
  };
}
function mustAnswerVisitors({ desired, runState }, { id }) {
  const before = runState.reachedBefore;
  return id === desired || before?.release === id && before.problems.length === 0;
}
var hasGrpcCheck = (context, release, { protocol }) => protocol === "grpc" && mustAnswerVisitors(context, release);
var hasRunningEdge = async ({ engine, appEnvironment }) => (await observeEdge(engine, appEnvironment)).state === "running";
async function requireRouteAnswers(context, replicas) {
  const release = releaseById(context, replicas.release);
  if (release.routes.length === 0) return;
  const { answeredPorts } = context.runState;
  const containers = await inspectReplicas(context, replicas);
  await allOrThrow(
    replicas.services.flatMap(
      (service) => routesOfService(release, service).map(async (route) => {
        const unasked = containers.filter(
          (each) => serviceOf(each) === service && !answeredPorts.has(answerKey(each, route.containerPort))
        );
        if (unasked.length <= (replicas.tolerate?.[service] ?? 0)) return;
        await allOrThrow(
          unasked.map((container) => requireAnswer(context, release, container, route, context.signal))
        );
      })
    )
  );
}
async function requireAnswer(context, release, container, route, signal) {
  const { path = DEFAULT_PATH, timeout } = release.health;
  const port = route.containerPort;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, `${container.name}:${port}`, {
    ...{ path, status: "any", identity, timeout, signal }
  });
  if (failure === void 0) return;
  const service = serviceOf(container) ?? container.name;
  throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
}
async function requireSuccess(context, release, container, route, signal) {
  const { status: status2, timeout } = release.health;
  const byGrpc = hasGrpcCheck(context, release, route);
  const path = byGrpc ? DEFAULT_PATH : release.health.path;
  const port = route.containerPort;
  const address = `${container.name}:${port}`;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, address, {
    ...{ path, identity, timeout, signal },
    ...status2 === void 0 || byGrpc ? {} : { status: status2 }
  });
  if (failure === void 0) return;
  if (path !== void 0 && !failure.startsWith("answered ")) {
    const service = serviceOf(container) ?? container.name;
    throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
  }
  throw new HostError(
    context.engine.host,
    path === void 0 ? `${address} does not accept connections: ${failure}.` : `${address} does not answer ${path} as expected: ${wrongStatusText(failure, identity)}`
  );
}
async function probeFailure(context, address, options) {
  const { engine } = context;
  const { signal } = options;
  const end = performance.now() + options.timeout;
  let edge = await requireEdgeContainer(context);
  for (; ; ) {
    const timeout = Math.max(0, end - performance.now());
    try {
      const results = await probeContainers(engine, edge, [address], { ...options, timeout });
      const result = results.get(address);
      return result?.ok === true ? void 0 : result?.failure ?? "no answer";
    } catch (error2) {
      if (signal.aborted || engine.disconnected.aborted || timeout === 0) throw error2;
      await pause7(EDGE_RETRY_INTERVAL, void 0, { signal });
      edge = await requireEdgeContainer(context).catch(() => edge);
    }
  }
}

// src/rollout/check-health.ts
async function checkHealth(context, replicas) {
  const { engine, runState } = context;
  const startedAt = performance.now();
  const release = releaseById(context, replicas.release);
  const [containers, ids] = await Promise.all([
    inspectReplicas(context, replicas),
    imageIds(context, release, replicas.services)
  ]);
  for (const container of containers) verifyImage(context, release, container, ids);
  verifyReplicaCounts(engine.host, release, containers, replicas);
  const expectations = containers.map((container) => healthExpectation(context, release, container));
  const { timeout } = release.health;
  const { healthy, tolerated } = await awaitHealthy(context, expectations, timeout, replicas.tolerate);
  for (const each of healthy)
    if (!runState.healthyContainers.has(each.id)) runState.healthyContainers.set(each.id, each);
  runState.lastChangeAt = performance.now();
  const took = formatDuration(runState.lastChangeAt - startedAt);
  const text = `${containers.length - tolerated.length} healthy after ${took}`;
  return tolerated.length === 0 ? text : `${text}; tolerated: ${tolerated.join("; ")}`;
}
function verifyImage({ engine }, { services }, { name, labels, imageId }, ids) {
  const service = services[serviceOf({ labels }) ?? ""];
  if (service === void 0) return;
  const expected = ids.get(service.image);
  if (imageId === expected) return;
  throw new HostError(
    engine.host,
    `${name} runs ${imageId}, but ${service.image} is ${expected ?? "not here"}. Somebody changed it since it was started: deploy again.`
  );
}
function healthExpectation(context, release, container) {
  const expected = serviceContainer(release, container);
  const mustSettle = release.health.path === void 0;
  return { ...expected, mustSettle, probe: routeProbe(context, release, container) };
}

// src/release/ended-services.ts
function endedServices(release, history) {
  const acceptances = history.filter(({ event, release: id }) => event === "accepted" && id === release.id);
  if (acceptances.length === 0) return [];
  const some = new Set(acceptances.flatMap(({ ended = [] }) => ended));
  return Object.values(release.services).filter((service) => endingOf(service) === "always" || some.has(service.name)).map(({ name }) => name);
}

// src/rollout/ended-services.ts
async function findEndedServices(context, id) {
  const release = context.releases.get(id);
  const candidates = servicesThat(release, "maybe");
  const accessories = Object.keys(release?.accessoryEndings ?? {});
  return [
    ...candidates.length === 0 ? [] : await succeededServices(context, id, candidates),
    ...accessories.length === 0 ? [] : await succeededAccessories(context, accessories)
  ];
}
async function succeededAccessories(context, names) {
  const containers = await inspectAll(context.engine, await listAccessories(context));
  return names.filter((name) => containers.some((each) => serviceOf(each) === name && hasSucceeded(each)));
}
async function findDoneServices(context, release) {
  const ended = endedServices(release, context.runState.records.history);
  const candidates = servicesThat(release, "always").filter((name) => !ended.includes(name));
  const succeeded = candidates.length === 0 ? [] : await succeededServices(context, release.id, candidates);
  return /* @__PURE__ */ new Set([...ended, ...succeeded]);
}
var servicesThat = (release, ending) => Object.values(release?.services ?? {}).filter((service) => endingOf(service) === ending).map(({ name }) => name);
async function succeededServices(context, release, services) {
  const containers = await inspectReplicas(context, { release, services });
  return services.filter((name) => {
    const own = containers.filter((each) => serviceOf(each) === name);
    return own.length > 0 && own.every(hasSucceeded);
  });
}

// src/rollout/own-proxies.ts
async function requireProxiesRun(context, release) {
  const proxies = proxiesOf(release);
  if (proxies.length === 0) return;
  const containers = await inspectAll(context.engine, await listAccessories(context));
  for (const proxy of proxies) {
    const own = containers.filter((container) => serviceOf(container) === proxy);
    if (own.some(({ state, health }) => state === "running" && health?.status !== "unhealthy")) continue;
    const [first] = own;
    const why = first === void 0 ? "it has no container" : endText(first);
    throw new HostError(
      context.engine.host,
      `${proxy}, the proxy of the Compose file, does not run, so no visitor reaches the release: ${why}. If its configuration is wrong, change it and deploy with "accessories: update".`,
      { evidence: first === void 0 ? [] : await lastLogLines(context, first.id) }
    );
  }
}

// src/edge/probe-container.ts
import { randomUUID as randomUUID11 } from "node:crypto";
var PROBE_LIFETIME = 900;
async function startProbeContainer(engine, app, image, network) {
  const name = `${baseProject(app)}-probe-${randomUUID11().slice(0, 4)}`;
  const id = await engine.createContainer(name, {
    Image: image,
    Entrypoint: ["sleep", String(PROBE_LIFETIME)],
    Cmd: [],
    Labels: { ...labelsOf(app), [LABEL.role]: OWN_ROLE.probe },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: network,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true
    }
  });
  const remove2 = () => engine.removeContainer(id, { force: true });
  try {
    await engine.startContainer(id);
  } catch (error2) {
    await remove2().catch(() => void 0);
    throw error2;
  }
  return { id, [Symbol.asyncDispose]: () => remove2().catch(() => void 0) };
}

// src/edge/probe-port.ts
var PORTS_SCRIPT = {
  name: "probe-ports",
  text: `
set -u
limit=$1; shift
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
${SPEAKS_TLS}
end=$(( $(now) + limit ))
try() {
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  [ "$answer" = open ] || return 1
  if [ "$2" = tcp ] || speaks_tls "\${1%:*}" "\${1##*:}"; then return 0; fi
  answer='not TLS'; return 1
}
until_ok() {
  while ! try "$@" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
while [ $# -ge 2 ]; do until_ok "$1" "$2" & shift 2; done
wait
`
};
var MAX_PORTS_EXEC = 1e4;
async function probePorts(engine, from, targets, timeout, signal) {
  const results = /* @__PURE__ */ new Map();
  const end = performance.now() + timeout;
  for (; ; ) {
    const open = targets.filter(({ address }) => results.get(address)?.ok !== true);
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PORTS_EXEC) / 10));
    const args = open.flatMap(({ address, protocol }) => [address, protocol]);
    const printed = await runScript(engine, from, PORTS_SCRIPT, [limit, ...args], signal);
    for (const [address, result] of parseProbeResults(printed)) results.set(address, result);
    if (targets.every(({ address }) => results.get(address)?.ok === true) || performance.now() >= end)
      return results;
  }
}

// src/rollout/published-answers.ts
async function requirePublishedAnswers(context, replicas) {
  const release = releaseById(context, replicas.release);
  const containers = await inspectReplicas(context, replicas);
  const asked = containers.filter(({ state }) => state === "running").flatMap((container) => askedPorts(context, release, container));
  const networks = [...Map.groupBy(asked, ({ network }) => network)];
  const answers = await allOrThrow(
    networks.map(
      ([network, all]) => askNetwork(
        context,
        release,
        network,
        all.flatMap(({ ports }) => ports)
      )
    )
  );
  const silent = answers.flat();
  for (const { port, failure } of silent) {
    const count = silent.filter((each) => each.port.service === port.service).length;
    if (count > (replicas.tolerate?.[port.service] ?? 0))
      throw new HostError(
        context.engine.host,
        noPortAnswerText(port.service, port.port, port.protocol, failure)
      );
  }
}
function askedPorts({ appEnvironment }, release, container) {
  const service = serviceOf(container) ?? container.name;
  const slots = SLOTS.map((slot) => slotNetwork(appEnvironment, slot));
  const networks = Object.entries(container.networks).filter(([, { ipv4 }]) => ipv4 !== "");
  const [network, attachment] = networks.find(([name]) => slots.includes(name)) ?? networks[0] ?? [];
  if (network === void 0 || attachment === void 0) return [];
  const ports = selfPublishedPorts(release, service).map(({ port, protocol }) => ({
    ...{ service, port, protocol, address: `${attachment.ipv4}:${port}` }
  }));
  return ports.length === 0 ? [] : [{ network, ports }];
}
async function askNetwork(context, release, network, ports) {
  var _stack = [];
  try {
    const { engine, appEnvironment, settings, signal } = context;
    const edge = await observeEdge(engine, appEnvironment);
    const isOnEdge = SLOTS.some((slot) => slotNetwork(appEnvironment, slot) === network);
    const own = __using(_stack, edge.state === "running" && isOnEdge ? void 0 : await startProbeContainer(engine, appEnvironment, settings.edgeImage, network), true);
    const from = own?.id ?? runningEdgeId(engine, edge);
    const results = await probePorts(engine, from, ports, release.health.timeout, signal);
    return ports.flatMap((port) => {
      const result = results.get(port.address);
      return result?.ok === true ? [] : [{ port, failure: result?.failure ?? "no answer" }];
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/rollout/still-healthy.ts
async function watchReplicas(context, replicas) {
  context.signal.throwIfAborted();
  const release = releaseById(context, replicas.release);
  const found = await inspectReplicas(context, replicas);
  verifyReplicaCounts(context.engine.host, release, found, replicas);
  const { healthyContainers } = context.runState;
  const containers = found.map(
    (each) => new WatchedContainer(serviceContainer(release, healthyContainers.get(each.id) ?? each))
  );
  const earliestStart = containers.map(({ subject }) => subject.container.startedAt).sort()[0];
  return ContainerWatcher.open(context, containers, earliestStart);
}
async function checkStillHealthy({ engine }, { containers, signal }, { tolerate = {} }, when) {
  signal.throwIfAborted();
  const found = await Promise.all(
    containers.map(async (container) => {
      const { container: before, service, ending } = container.subject;
      const [now] = await inspectAll(engine, [before]);
      if (now === void 0) return { service, now, why: "it was removed" };
      if (now.restartCount > before.restartCount) await container.exitRecorded();
      return { service, now, why: failureSince(before, now, ending, container.crashHistory(now)) };
    })
  );
  const failures = found.filter(({ why }) => why !== void 0);
  for (const { service, now, why } of failures) {
    const count = failures.filter((each) => each.service === service).length;
    if (count <= (tolerate[service] ?? 0)) continue;
    const printed = now === void 0 ? "" : await lastPrintedSentence(engine, now);
    const text = `${service} did not stay healthy ${when}: ${why}`;
    throw new HostError(engine.host, printed === "" ? text : `${text}.${printed}`);
  }
  return failures.map(({ service, why }) => `tolerated: ${service}: ${why}`);
}

// src/rollout/final-check.ts
var FINAL_CHECK_TIME = 1e3;
async function runFinalCheck(context, action) {
  var _stack = [];
  try {
    const release = releaseById(context, action.release);
    await Promise.all([
      requireRouteAnswers(context, action),
      requirePublishedAnswers(context, action),
      requireProxiesRun(context, release)
    ]);
    const end = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
    const watcher = __using(_stack, await watchReplicas(context, action), true);
    const { containers, signal } = watcher;
    const allCompleted = containers.every(
      ({ subject }) => subject.ending !== "never" && subject.container.state === "exited"
    );
    let drained = action.drain === void 0 ? [] : void 0;
    const drain = drainOldRelease({ ...context, signal }, action.drain).then((seen) => {
      drained = seen;
      watcher.notify();
    });
    watcher.awaitAtEnd(drain);
    for (; ; ) {
      const left = end - performance.now();
      const seen = left <= 0 || allCompleted ? drained : void 0;
      const tolerated = await checkStillHealthy(context, watcher, action, "after its check");
      if (seen !== void 0) {
        await requireProxiesRun(context, release);
        return [`${containers.length - tolerated.length} healthy`, ...seen, ...tolerated].join("; ");
      }
      await watcher.wait(left > 0 ? left : void 0);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function drainOldRelease(context, old) {
  if (old === void 0) return [];
  try {
    const left = await waitForDrain(context, old, Math.min(FINAL_CHECK_TIME, context.settings.drainTimeout));
    if (left === void 0) return [];
    if (left > 0) return [`${left} still in flight on ${old.release}`];
    context.runState.drainedReleases.add(old.release);
    return [`nothing in flight on ${old.release}`];
  } catch (error2) {
    context.log.debug(messageOf(error2));
    return [];
  }
}

// src/edge/metrics.ts
var NO_REQUESTS = { count: 0, errors: 0, timed: 0, seconds: 0, histogram: [] };
var METRICS_SCRIPT = {
  name: "metrics",
  text: `
set -eu
metrics=$(wget -q -T 5 -O - "http://$1/metrics")
read -r stat < /proc/1/stat
set -- \${stat##*) }
echo "edge started \${20}"
printf '%s\\n' "$metrics" | awk '
  function label(name,   at, rest) {
    at = index($0, "{" name "=\\"")
    if (!at) at = index($0, "," name "=\\"")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\\"") - 1)
  }
  /^caddy_http_(response_duration_seconds_(count|sum|bucket)|request_duration_seconds_count|requests_in_flight)[{]/ {
    slot = label("server"); sub(/[.].*/, "", slot)
    if (slot != "blue" && slot != "green") next
    family = substr($0, 12, index($0, "{") - 12)
    if (family == "requests_in_flight") flight[slot] += $NF
    if (family == "response_duration_seconds_sum") seconds[slot] += $NF
    if (family == "response_duration_seconds_bucket") times[slot " " label("le")] += $NF
    if (family == "response_duration_seconds_count") { timed[slot] += $NF }
    if (family ~ /_count$/ && label("code") >= "500") {
      key = slot " " label("code") " " label("server") " " label("method") " " label("handler")
      errors[key]
      if (family ~ /^response/) answered[key] = $NF; else ended[key] = $NF
    }
  }
  END {
    for (key in errors) {
      slot = key; sub(/ .*/, "", slot)
      wrong[slot] += (ended[key] > answered[key]) ? ended[key] : answered[key]
      own[slot] += (ended[key] > answered[key]) ? ended[key] - answered[key] : 0
    }
    split("blue green", slots, " ")
    for (i = 1; i <= 2; i++) {
      slot = slots[i]
      printf "%s count %.0f\\n", slot, timed[slot] + own[slot]
      printf "%s errors %.0f\\n", slot, wrong[slot]
      printf "%s timed %.0f\\n", slot, timed[slot]
      printf "%s seconds %.6f\\n", slot, seconds[slot]
      printf "%s in-flight %.0f\\n", slot, flight[slot]
    }
    for (key in times) { split(key, of, " "); printf "%s le:%s %.0f\\n", of[1], of[2], times[key] }
  }'
`
};
var METRICS_TIMEOUT = 3e4;
async function readSample(engine, edge, signal) {
  const timeout = AbortSignal.timeout(METRICS_TIMEOUT);
  const either = signal === void 0 ? timeout : AbortSignal.any([signal, timeout]);
  const printed = await runScript(engine, edge, METRICS_SCRIPT, [ADMIN_ADDRESS], either);
  const sample = parseSample(printed);
  if (sample !== void 0) return sample;
  throw new HostError(
    engine.host,
    `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}". Is "edge-image" an image of Caddy 2.10 or later?`
  );
}
function parseSample(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  const values = new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    })
  );
  const value = (key) => values.get(key) ?? Number.NaN;
  const stats = (slot) => ({
    count: value(`${slot} count`),
    errors: value(`${slot} errors`),
    timed: value(`${slot} timed`),
    seconds: value(`${slot} seconds`),
    histogram: parseHistogram(slot, values)
  });
  const sample = {
    startTicks: value("edge started"),
    stats: { blue: stats("blue"), green: stats("green") },
    inFlight: { blue: value("blue in-flight"), green: value("green in-flight") }
  };
  const numbers = SLOTS.flatMap((slot) => {
    const { histogram, ...counters } = sample.stats[slot];
    return [...Object.values(counters), ...histogram.flat(), sample.inFlight[slot]];
  });
  return [sample.startTicks, ...numbers].some(Number.isNaN) ? void 0 : sample;
}
function parseHistogram(slot, values) {
  const prefix = `${slot} le:`;
  const buckets = [...values].filter(([key]) => key.startsWith(prefix)).map(([key, count]) => [Number(key.slice(prefix.length).replace("+Inf", "Infinity")), count]).sort(([one], [other]) => one - other);
  return buckets.map(([limit, count], index) => [limit, count - (buckets[index - 1]?.[1] ?? 0)]);
}
function statsSince(before, now, slot) {
  if (before.startTicks !== now.startTicks) return now.stats[slot];
  return combineStats(now.stats[slot], before.stats[slot], (a, b) => a - b);
}
var addStats = (one, other) => combineStats(one, other, (a, b) => a + b);
function combineStats(one, other, combine) {
  const [counts, otherCounts] = [new Map(one.histogram), new Map(other.histogram)];
  const limits = [.../* @__PURE__ */ new Set([...counts.keys(), ...otherCounts.keys()])].sort((a, b) => a - b);
  return {
    count: combine(one.count, other.count),
    errors: combine(one.errors, other.errors),
    timed: combine(one.timed, other.timed),
    seconds: combine(one.seconds, other.seconds),
    histogram: limits.map((limit) => [limit, combine(counts.get(limit) ?? 0, otherCounts.get(limit) ?? 0)])
  };
}

// src/rollout/metrics-sampler.ts
var WARM_UP_SHARE = 1 / 4;
async function recordCountersAtStart(context) {
  context.runState.countersAtStart ??= await readEdgeCounters(context);
}
async function recordCountersBeforeBalancing(context) {
  context.runState.countersBeforeBalancing ??= await readEdgeCounters(context) ?? "unknown";
}
async function readEdgeCounters(context) {
  const { engine, appEnvironment, signal, log } = context;
  try {
    const edge = await observeEdge(engine, appEnvironment);
    return edge.state === "running" ? await readSample(engine, edge.containerId, signal) : void 0;
  } catch (error2) {
    log.debug(messageOf(error2));
    return void 0;
  }
}
async function openMetricsSampler(context, options) {
  const edge = await observeEdge(context.engine, context.appEnvironment);
  return edge.state === "running" ? new MetricsSampler(context, edge.containerId, options) : void 0;
}
var NO_RESPONSES = { all: NO_REQUESTS, warm: NO_REQUESTS };
var MetricsSampler = class {
  /** Why the last sample could not be read; `undefined` if it could. */
  lastError;
  /** Whether the edge restarted between two samples: what it answered after the first of them is not known. */
  edgeRestarted = false;
  #context;
  #edge;
  #options;
  #warmAt;
  #firstSample;
  #lastSample;
  #responses = { blue: NO_RESPONSES, green: NO_RESPONSES };
  constructor(context, edge, options) {
    this.#context = context;
    this.#edge = edge;
    this.#options = options;
    this.#warmAt = performance.now() + options.duration * WARM_UP_SHARE;
  }
  get #isWarm() {
    return performance.now() >= this.#warmAt;
  }
  /** Reads the edge's counters. An edge that can't be read is read again with the next sample. */
  async sample(signal) {
    try {
      const sample = await readSample(this.#context.engine, this.#edge, signal);
      this.lastError = void 0;
      if (this.#lastSample !== void 0) {
        this.#add(this.#lastSample, sample);
        this.edgeRestarted ||= this.#lastSample.startTicks !== sample.startTicks;
      }
      this.#firstSample ??= sample;
      this.#lastSample = sample;
    } catch (error2) {
      signal.throwIfAborted();
      this.lastError = error2;
    }
  }
  #add(last, sample) {
    const { slot: watched, baseline } = this.#options;
    for (const slot of /* @__PURE__ */ new Set([watched, baseline?.slot ?? watched])) {
      const stats = statsSince(last, sample, slot);
      const { all, warm } = this.#responses[slot];
      this.#responses[slot] = {
        all: addStats(all, stats),
        warm: this.#isWarm ? addStats(warm, stats) : NO_REQUESTS
      };
    }
  }
  /** `undefined` until a sample could be read. */
  get comparison() {
    if (this.#firstSample === void 0 || this.#lastSample === void 0) return void 0;
    const { slot, baseline } = this.#options;
    const { countersAtStart: start, countersBeforeBalancing: mixed } = this.#context.runState;
    const end = mixed ?? this.#firstSample;
    const isKnown = baseline !== void 0 && start !== void 0 && end !== "unknown";
    return {
      own: this.#responses[slot],
      other: baseline && (mixed === void 0 ? this.#responses[baseline.slot] : NO_RESPONSES),
      before: isKnown ? statsSince(start, end, baseline.slot) : void 0,
      waiting: this.#isWarm ? this.#lastSample.inFlight[slot] : 0
    };
  }
};

// src/rollout/run-hook.ts
import { randomUUID as randomUUID12 } from "node:crypto";

// src/release/compose/external-proxy.ts
var PROXY_VARIABLES = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS"];
function externalProxyOf(service) {
  const labels = asObject(service["labels"]);
  const keys = Object.keys(labels);
  const isOff = String(labels["traefik.enable"]).toLowerCase() === "false";
  if (!isOff && keys.some((key) => key.startsWith("traefik."))) return "labels of Traefik";
  if (keys.some((key) => /^caddy(_\d+)?(\.|$)/.test(key))) return "labels of caddy-docker-proxy";
  const environment = asObject(service["environment"]);
  return PROXY_VARIABLES.find((name) => asText(environment[name]) !== void 0);
}
function isReachableFromOutside(project, name) {
  const service = project.service(name);
  const isOnExternalNetwork = Object.keys(networksOf(service) ?? {}).some(
    (key) => asObject(project.config.networks?.[key])["external"] === true
  );
  return isOnExternalNetwork || exposedPortsOf(service).length > 0 || portsOf(service).length > 0;
}

// src/release/render-hook.ts
var KEYS_NOT_FOR_HOOKS = [
  ...["ports", "restart", "healthcheck", "depends_on", "links", "post_start", "pre_stop", "scale"],
  ...["read_only", "mac_address", "network_mode", "networks", "pid", "ipc", "volumes_from"]
];
var HOOK_LABELS = { [LABEL.role]: OWN_ROLE.hook };
var FIXED_ADDRESS_KEYS = ["ipv4_address", "ipv6_address", "mac_address", "link_local_ips", "aliases"];
function renderHook(release, slot, name) {
  const rendered = renderRelease(release, slot);
  const files = (release.files ?? []).filter(({ service: service2 }) => service2 === name);
  const service = asObject(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, index) => [hookConfigKey(index), hookConfigSpec(file)]))
    },
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_HOOKS),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // With the service's own labels and variables a proxy would send requests to it.
        labels: { ...pickKeys(asObject(service["labels"]), Object.values(LABEL)), ...HOOK_LABELS },
        environment: withoutKeys(asObject(service["environment"]), ...PROXY_VARIABLES),
        // Compose can't copy files into a read-only container, so this one is not read-only.
        configs: [
          ...asList(service["configs"]),
          ...files.map((file, index) => hookConfigMount(file, hookConfigKey(index)))
        ]
      }
    }
  };
}
var hookConfigKey = (index) => `sealift-file-${index}`;
function hookConfigSpec({ from }) {
  return "variable" in from ? { environment: from.variable } : { content: from.content };
}
function hookConfigMount({ folder, name, uid, gid, mode }, source) {
  const target = escapeDollars(`${folder === "/" ? "" : folder}/${name}`);
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}
function ownNamespaces(rendered, service) {
  const { network_mode, networks } = networkSettingsOf(rendered, service);
  const outside = (key) => referencedService(service[key]) === void 0 ? service[key] : void 0;
  return withoutUndefined({
    network_mode,
    pid: outside("pid"),
    ipc: outside("ipc"),
    volumes_from: asStrings(service["volumes_from"]).filter((from) => from.startsWith("container:")),
    networks: networks === void 0 ? void 0 : mapValues(asObject(networks), (options) => withoutKeys(asObject(options), ...FIXED_ADDRESS_KEYS))
  });
}
function networkSettingsOf(rendered, service) {
  const host = referencedService(service["network_mode"]);
  return host === void 0 ? service : networkSettingsOf(rendered, asObject(rendered.services[host]));
}

// src/rollout/run-hook.ts
var OUTPUT_LINES = 30;
async function runHook(context, action) {
  const { engine, log, signal } = context;
  const { service, slot, when, argv } = action;
  const release = releaseById(context, action.release);
  const confidential = requireConfidential(context, action.release);
  const project = releaseProject(release);
  const name = `${project}-${when}-${randomUUID12().slice(0, 4)}`;
  await Promise.all([
    ensureSlotNetworks(engine, context.appEnvironment),
    removeContainers(context, HOOK_LABELS)
  ]);
  const tail = new Tail(OUTPUT_LINES);
  const options = ["--rm", "--no-deps", "--no-TTY", "--interactive=false", "--pull", "never", "--name", name];
  const command = ["run", ...options, service, ...argv];
  try {
    await runCompose(context, project, renderHook(release, slot, service), confidential, command, {
      onLine(line) {
        log.info(`${engine.host}  │ ${line}`);
        tail.push(line);
      }
    });
  } catch (error2) {
    await removeContainers(context, HOOK_LABELS).catch(() => void 0);
    if (!(error2 instanceof CommandError) || signal.aborted) throw error2;
    throw new HostError(engine.host, hookFailureText(action, error2.exitCode, tail.lines.at(-1)), {
      evidence: tail.lines,
      alreadyLogged: true
    });
  }
  return "exit code 0";
}
function hookFailureText({ when, argv, service }, exitCode, lastLine = "") {
  const hook = `${when}-release: "${formatCommand(argv)}"`;
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(.*)$/.exec(
    lastLine
  );
  if (refusal !== null) return `${hook} could not be started in ${service}: ${refusal[1]}.`;
  if (exitCode === 137)
    return `${hook} was killed in ${service} (exit code 137): it was probably out of memory.`;
  const ending = exitCode === void 0 ? "a signal" : `exit code ${exitCode}`;
  return `${hook} failed in ${service} with ${ending}.`;
}

// src/release/start-order.ts
function startRounds(release, services) {
  if (release === void 0) return [services];
  const rounds = [];
  const placed = /* @__PURE__ */ new Set();
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter(
      (name) => startDependencies(release, name).every((other) => placed.has(other) || !rest.includes(other))
    );
    const round = ready.length > 0 ? ready : rest;
    for (const name of round) placed.add(name);
    rounds.push(round);
    rest = rest.filter((name) => !placed.has(name));
  }
  return rounds;
}
function startDependencies(release, name) {
  return [...dependenciesOf(release.compose.services[name] ?? {}).keys()];
}

// src/rollout/start-existing.ts
async function startExistingContainers(context, { release: id, slot, services, ...range }) {
  const all = await listReplicas(context, { release: id });
  await moveToSlot(context, all, slot);
  const release = context.releases.get(id);
  const errors = [];
  let started = 0;
  for (const round of startRounds(release, services)) {
    const replicas = selectReplicas(all, { services: round, ...range });
    const results = await Promise.allSettled(replicas.map((each) => startContainer(context, each, release)));
    for (const each of results) {
      if (each.status === "rejected") errors.push(each.reason);
      else if (each.value) started += 1;
    }
    if (release === void 0) continue;
    const awaited = conditionsWithin(release, services);
    try {
      await awaitCondition(context, release, replicas, awaited, "service_completed_successfully");
    } catch (error2) {
      throw errors[0] ?? error2;
    }
    await awaitCondition(context, release, replicas, awaited, "service_healthy").catch((error2) => {
      errors.push(error2);
    });
  }
  if (errors.length > 0) throw errors[0];
  return `${started} started`;
}
async function startContainer(context, container, release) {
  const oneShot = release?.services[serviceOf(container) ?? ""]?.oneShot === true;
  if (oneShot && container.state === "exited") {
    const { exitCode } = await context.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  await restoreRestartPolicy(context, container);
  const started = await startWithNetworks(context, container);
  if (started) await runPostStart(context, container);
  return started;
}
function conditionsWithin(release, services) {
  const awaited = /* @__PURE__ */ new Map();
  for (const name of services) {
    for (const [other, { condition, required }] of dependenciesOf(release.compose.services[name] ?? {})) {
      if (required) awaited.set(other, (awaited.get(other) ?? /* @__PURE__ */ new Set()).add(condition));
    }
  }
  return awaited;
}
async function awaitCondition(context, release, replicas, awaited, condition) {
  const found = replicas.filter((each) => awaited.get(serviceOf(each) ?? "")?.has(condition));
  if (found.length === 0) return;
  const expectations = (await inspectAll(context.engine, found)).map((container) => ({
    ...serviceContainer(release, container),
    probe: void 0,
    mustSettle: true
  }));
  await awaitHealthy(context, expectations, release.health.timeout);
}

// src/rollout/start-services.ts
async function startServices(context, action) {
  const { release: id, slot, how, only } = action;
  if (how === "start") return startExistingContainers(context, action);
  const release = releaseById(context, id);
  const confidential = requireConfidential(context, id);
  const [all] = await allOrThrow([
    listReplicas(context, { release: id }),
    ensureSlotNetworks(context.engine, context.appEnvironment)
  ]);
  await moveToSlot(context, all, slot);
  const done = await findDoneServices(context, release);
  const services = action.services.filter((name) => !done.has(name));
  const existing = all.filter((container) => services.includes(serviceOf(container) ?? ""));
  if (only === void 0)
    await Promise.all(existing.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, { release: id, slot, services, only });
  const missing = only === void 0 ? services : servicesToScaleUp(existing, services, only);
  if (missing.length === 0) return "all replicas exist";
  const project = releaseProject(release);
  const compose = (...args) => {
    const config = withoutDependenciesOn(renderRelease(release, slot), done);
    const { timeout } = release.health;
    return runCompose(context, project, config, confidential, args, { timeout });
  };
  const scales = only === void 0 ? [] : missing.map((service) => `--scale=${service}=${only[service]}`);
  const create = ["--no-build", "--pull", "never", "--no-recreate"];
  const files = filesToWrite(release, confidential, missing);
  if (files.size > 0) {
    await compose("create", ...create, ...scales, ...missing);
    for (const container of await inspectReplicas(context, { release: id, services: [...files.keys()] })) {
      if (container.state === "running") continue;
      for (const [folder, content] of files.get(serviceOf(container) ?? "") ?? [])
        await context.engine.writeFiles(container.id, folder, content);
    }
  }
  const alone = only === void 0 ? [] : ["--no-deps"];
  await compose("up", "--detach", ...create, ...alone, ...scales, ...missing);
  return `project ${project}`;
}
function withoutDependenciesOn(config, done) {
  return {
    ...config,
    services: mapValues(
      config.services,
      (service) => service["depends_on"] === void 0 ? service : { ...service, depends_on: withoutKeys(asObject(service["depends_on"]), ...done) }
    )
  };
}
var servicesToScaleUp = (existing, services, only) => services.filter(
  (service) => existing.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0)
);

// src/rollout/empty-image.ts
var EMPTY_REPOSITORY = "sealift/nothing";
var EMPTY_TAG = "1";
var EMPTY_IMAGE = `${EMPTY_REPOSITORY}:${EMPTY_TAG}`;
async function ensureEmptyImage(engine) {
  if (await engine.inspectImage(EMPTY_IMAGE) === void 0)
    await engine.importEmptyImage(EMPTY_REPOSITORY, EMPTY_TAG);
}

// src/rollout/state-store.ts
var recordsContainerName = (appEnvironment) => `${baseProject(appEnvironment)}-records`;
async function readState(engine, appEnvironment, containers) {
  var _stack = [];
  try {
    const existing = containers.find((each) => hasOwnRole(each, "records", "edge"));
    if (existing !== void 0) return engine.readFiles(existing.id, APP_VOLUME_MOUNT);
    const volume = await engine.inspectVolume(stateVolume(appEnvironment));
    if (volume === void 0) return /* @__PURE__ */ new Map();
    checkStateOwner(engine, appEnvironment, volume.labels);
    const temporary = await createStateContainer(engine, appEnvironment);
    const remove2 = () => engine.removeContainer(temporary).catch(() => void 0);
    const _removal = __using(_stack, { [Symbol.asyncDispose]: remove2 }, true);
    return await engine.readFiles(temporary, APP_VOLUME_MOUNT);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function checkStateOwner({ host }, wanted, labels) {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === void 0 || environment === void 0) return;
  if (app === wanted.app && environment === wanted.environment) return;
  throw new ConfigurationError(
    `app: on ${host}, two apps would have the name ${baseProject(wanted)}: ${app} in the environment ${environment}, which is already there, and ${wanted.app} in the environment ${wanted.environment}. Give one of them another "app" or "environment".`
  );
}
async function saveRecords(engine, appEnvironment, records) {
  const { file, content } = writeRecords(records);
  const write = () => {
    const files = /* @__PURE__ */ new Map([[file, { content, mode: 384 }]]);
    return engine.writeFiles(recordsContainerName(appEnvironment), APP_VOLUME_MOUNT, files);
  };
  try {
    await write();
  } catch (error2) {
    if (!(error2 instanceof NotFound)) throw error2;
    await createStateContainer(engine, appEnvironment);
    await write();
  }
}
var recordsFromFiles = (files) => files.size === 0 ? NO_RECORDS : readRecords(files);
async function createStateContainer(engine, appEnvironment) {
  await ensureStateVolume(engine, appEnvironment);
  await ensureEmptyImage(engine);
  const mount = { Type: "volume", Source: stateVolume(appEnvironment), Target: APP_VOLUME_MOUNT };
  const name = recordsContainerName(appEnvironment);
  try {
    return await engine.createContainer(name, {
      Image: EMPTY_IMAGE,
      Cmd: ["never-started"],
      Labels: { ...labelsOf(appEnvironment), [LABEL.role]: OWN_ROLE.records },
      HostConfig: { Mounts: [mount] }
    });
  } catch (error2) {
    if (error2 instanceof Conflict) return name;
    throw error2;
  }
}

// src/rollout/significance.ts
var STANDARD_ERRORS = 3;
function differenceLowerBound(one, other) {
  const [share, lower] = [ratio(one), wilsonBound(one, -1)];
  if (other.total === 0) return lower;
  const otherShare = ratio(other);
  return share - otherShare - Math.hypot(share - lower, wilsonBound(other, 1) - otherShare);
}
var ratio = ({ count, total }) => total === 0 ? 0 : count / total;
function wilsonBound({ count, total }, end) {
  if (total === 0) return end === 1 ? 1 : 0;
  const share = count / total;
  const square = STANDARD_ERRORS ** 2 / total;
  const half = STANDARD_ERRORS * Math.sqrt(share * (1 - share) / total + square / (4 * total));
  return (share + square / 2 + end * half) / (1 + square);
}
function significantlyExceeds(one, other, multiple) {
  if (one.count === 0 || other.count === 0) return false;
  const error2 = Math.sqrt(one.variance / one.count + multiple ** 2 * other.variance / other.count);
  return one.mean - multiple * other.mean > STANDARD_ERRORS * error2;
}
function statisticsFromHistogram(total, buckets, sum) {
  if (total === 0) return { mean: 0, variance: 0, count: 0 };
  const ranges = buckets.map(([limit, count], index) => {
    const from = buckets[index - 1]?.[0] ?? 0;
    const to = Number.isFinite(limit) ? limit : from * 3;
    return { count, middle: (from + to) / 2, width: to - from };
  });
  const sumOf2 = (value) => ranges.reduce((all, range) => all + range.count * value(range), 0);
  const counted = Math.max(
    1,
    sumOf2(() => 1)
  );
  const middle = sumOf2((range) => range.middle) / counted;
  const variance = sumOf2((range) => (range.middle - middle) ** 2 + range.width ** 2 / 12) / counted;
  return { mean: sum / total, variance, count: total };
}

// src/rollout/canary-analysis.ts
var MIN_ERRORS = 3;
var MIN_LATENCY_DIFFERENCE = 5e-3;
var hasEnoughRequests = ({ own }, limits) => own.all.count >= limits.minRequests;
function findBreach(comparison, limits) {
  const dead = edgeAnswersBreach(comparison, MIN_ERRORS);
  if (dead !== void 0) return dead;
  const few = !hasEnoughRequests(comparison, limits);
  const hasBaseline = baselineCount(comparison, limits) >= limits.minRequests;
  const breach = few && !hasBaseline ? void 0 : errorBreach(comparison, limits);
  if (breach !== void 0) return breach;
  if (few) return noAnswerBreach(comparison, comparison.other?.all.count ?? 0, limits);
  return latencyBreach(comparison, limits);
}
var findBreachAtEnd = (comparison, limits) => findBreach(comparison, limits) ?? edgeAnswersBreach(comparison, 1) ?? noAnswerBreach(comparison, baselineCount(comparison, limits), limits);
function edgeAnswersBreach({ own }, least) {
  const { count, errors, timed } = own.all;
  if (count < least || timed > 0 || errors < count) return void 0;
  const requests = count === 1 ? "its only request" : `any of its ${countText(count)} requests`;
  return `the new release has not answered ${requests}: the edge answered 502 in its place, because it got no answer from a container`;
}
function errorBreach(comparison, limits) {
  const own = comparison.own.all;
  if (own.errors < MIN_ERRORS) return void 0;
  const other = baselineResponses(comparison, limits, "all") ?? NO_REQUESTS;
  const difference = differenceLowerBound(
    { count: own.errors, total: own.count },
    { count: other.errors, total: other.count }
  );
  if (difference <= limits.maxErrors) return void 0;
  const ours = `${percentText(own.errors, own.count)} of ${countText(own.count)} answers of the new release are 5xx`;
  const theirs = other.count === 0 ? "" : `, ${percentText(other.errors, other.count)} of ${countText(other.count)} of the old one`;
  return `${ours}${theirs}: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)})`;
}
function noAnswerBreach({ own, waiting }, answered, limits) {
  if (own.all.count > 0 || waiting < MIN_ERRORS || answered < limits.minRequests) return void 0;
  return `the new release has answered none of its requests, and ${countText(waiting)} wait; the old one has answered ${countText(answered)}`;
}
function latencyBreach(comparison, limits) {
  const own = comparison.own.warm;
  const other = baselineResponses(comparison, limits, "warm");
  if (other === void 0 || own.timed < limits.minRequests) return void 0;
  const [ours, theirs] = [latencyStatistics(own), latencyStatistics(other)];
  if (ours.mean - theirs.mean < MIN_LATENCY_DIFFERENCE) return void 0;
  if (!significantlyExceeds(ours, theirs, limits.maxLatencyRatio)) return void 0;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${secondsText(ours.mean)} (${countText(own.timed)} requests), the old one after ${secondsText(theirs.mean)} (${countText(other.timed)}): ${times} times as long, more than canary-max-latency-ratio allows (${limits.maxLatencyRatio})`;
}
function baselineResponses({ other, before }, limits, which) {
  if (other === void 0) return void 0;
  const now = other[which];
  return before === void 0 || now.count >= limits.minRequests ? now : addStats(before, now);
}
var baselineCount = (comparison, limits) => baselineResponses(comparison, limits, "all")?.count ?? 0;
var latencyStatistics = ({ timed, seconds, histogram }) => statisticsFromHistogram(timed, histogram, seconds);
function canaryFigures(comparison, limits) {
  const other = baselineResponses(comparison, limits, "all");
  return {
    release: responseFigures(comparison.own.all),
    baseline: other === void 0 || other.count === 0 ? void 0 : responseFigures(other),
    ...hasEnoughRequests(comparison, limits) ? {} : { tooFewRequests: true },
    ...isInconclusive(comparison, limits) ? { inconclusive: true } : {}
  };
}
function isInconclusive(comparison, limits) {
  if (!hasEnoughRequests(comparison, limits) || findBreach(comparison, limits) !== void 0) return false;
  const rate = ({ errors, count }) => count === 0 ? 0 : errors / count;
  const other = baselineResponses(comparison, limits, "all") ?? NO_REQUESTS;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}
var responseFigures = ({ count, errors, timed, seconds }) => ({
  requests: count,
  errors,
  latencyMs: timed === 0 ? void 0 : seconds / timed * 1e3
});
function comparisonText(comparison, limits) {
  const other = baselineResponses(comparison, limits, "all");
  const versus = other === void 0 || other.count === 0 ? "" : `; the old release: ${responsesText(other)}`;
  const inconclusive = isInconclusive(comparison, limits) ? `: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)}), but so few may be chance` : "";
  return `${responsesText(comparison.own.all)}${versus}${inconclusive}`;
}
var tooFewRequestsText = ({ own }, limits) => `${countText(own.all.count)} requests are too few to judge by ("canary-min-requests" is ${countText(limits.minRequests)})`;
function responsesText(responses) {
  const { count, errors } = responses;
  const latency = latencyStatistics(responses);
  const text = `${countText(count)} ${count === 1 ? "request" : "requests"}, ${percentText(errors, count)} of them 5xx`;
  return latency.count === 0 ? text : `${text}, answered after ${secondsText(latency.mean)}`;
}
var countText = (count) => count.toLocaleString("en-US");
function percentText(part, total) {
  const value = total === 0 ? 0 : part / total * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}
var secondsText = (time) => time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1e3).toPrecision(2))} ms`;

// src/rollout/watch-release.ts
var SAMPLE_INTERVAL = 2e3;
var MIN_SAMPLE_INTERVAL = 100;
async function watchRelease(context, action) {
  var _stack = [];
  try {
    const watcher = __using(_stack, await watchReplicas(context, action), true);
    const end = performance.now() + action.duration;
    const interval = Math.min(SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, action.duration / 10));
    const sampler = action.limits === void 0 ? void 0 : await openMetricsSampler(context, action);
    context.waitStatus.limit = action.duration;
    context.waitStatus.look = () => seenSoFar(action, sampler);
    for (; ; ) {
      const tolerated = await checkStillHealthy(context, watcher, action, "while it was watched");
      await sampler?.sample(watcher.signal);
      const left = end - performance.now();
      checkLimits(context, action, sampler, left <= 0 ? findBreachAtEnd : findBreach);
      if (left <= 0) return [...watchSummary(context, action, sampler), ...tolerated].join("; ");
      await watcher.wait(sampler === void 0 ? left : Math.min(left, interval));
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function seenSoFar({ limits }, sampler) {
  const comparison = sampler?.comparison;
  return limits === void 0 || comparison === void 0 ? "healthy" : comparisonText(comparison, limits);
}
function checkLimits({ engine, runState }, action, sampler, find) {
  if (action.limits === void 0 || sampler?.comparison === void 0) return;
  runState.watchResults.set(action, canaryFigures(sampler.comparison, action.limits));
  const breach = find(sampler.comparison, action.limits);
  if (breach !== void 0) throw new HostError(engine.host, `${breach}.`);
}
function watchSummary({ engine: { host } }, { limits, duration }, sampler) {
  if (limits === void 0) return [`healthy for ${formatDuration(duration)}`];
  if (sampler === void 0) return ["no edge, so only the containers were watched"];
  const { comparison, lastError: cause, edgeRestarted } = sampler;
  if (comparison === void 0 || cause !== void 0)
    throw new HostError(host, `could not read the edge's metrics: ${messageWithoutHost(host, cause)}`, {
      cause
    });
  const seen = [
    comparisonText(comparison, limits),
    ...edgeRestarted ? ["the edge restarted meanwhile, so some requests are not counted"] : []
  ];
  if (hasEnoughRequests(comparison, limits)) return seen;
  const few = tooFewRequestsText(comparison, limits);
  if (limits.onTooFewRequests === "fail")
    throw new HostError(host, `${few}. Watch for longer, or allow it with "canary-too-few: go-on".`);
  return [...seen, few];
}

// src/rollout/perform-action.ts
async function performAction(context, action) {
  const { records } = context.runState;
  context.lock.assertHeld(context.engine.host);
  switch (action.kind) {
    case "pull-images": {
      const [note] = await allOrThrow([
        pullImages(context, action),
        recordCountersAtStart(context),
        recordReachability(context)
      ]);
      return note;
    }
    case "ensure-edge":
      return ensureEdgeForRelease(context, action.release, action.resetTraffic);
    case "remove-edge":
      return removeAppEdge(context);
    case "ensure-front":
      return ensureFrontRuns(context);
    case "remove-unused-front":
      return removeFrontIfUnused(context);
    case "route-domains":
      return routeDomains(context, action.release);
    case "stop-project":
      return stopAdoptedProject(context, action);
    case "start-project":
      return restartAdoptedProject(context, action);
    case "ensure-accessories":
      return ensureAccessories(context, action);
    case "record-release":
      await allOrThrow([
        updateRecords(context, withRelease(records, releaseById(context, action.release))),
        recordCountersAtStart(context),
        recordReachability(context)
      ]);
      return void 0;
    case "start-services":
      return startServices(context, action);
    case "check-health":
      return checkHealth(context, action);
    case "switch-traffic":
      return switchTraffic(context, action);
    case "split-traffic":
      return splitTraffic(context, action);
    case "balance-replicas":
      if (action.newRelease !== void 0) await recordCountersBeforeBalancing(context);
      return balanceReplicas(context, action);
    case "watch-release":
      return watchRelease(context, action);
    case "final-check":
      return runFinalCheck(context, action);
    case "run-hook":
      return runHook(context, action);
    case "clear-slot":
      return clearSlotRouting(context, action.slot);
    case "drain-traffic":
      return drainTraffic(context, action);
    case "stop-services":
      return stopServices(context, action);
    case "accept-release": {
      const ended = await findEndedServices(context, action.release);
      const entry = {
        ...{ ...historyEntryOf(context, action), fleet: context.fleetHosts },
        ...ended.length > 0 ? { ended } : {}
      };
      return updateRecords(context, withEvent(records, { ...entry, event: "accepted" }));
    }
    case "record-rollback":
      return updateRecords(
        context,
        withEvent(records, { ...historyEntryOf(context, action), event: "rolled-back" })
      );
    case "prune-releases":
      return pruneReleases(context, action.releases);
  }
}
var historyEntryOf = ({ triggeredBy, releases, runStartedAt, approval }, { release, previous, command }) => {
  const revision = releases.get(release)?.origin.revision;
  const durationMs = Math.max(0, Date.now() - runStartedAt);
  const at = (/* @__PURE__ */ new Date()).toISOString();
  return { at, command, release, previous, revision, durationMs, approval, ...triggeredBy };
};
async function updateRecords({ engine, appEnvironment, runState }, records) {
  await saveRecords(engine, appEnvironment, records);
  runState.records = records;
}
async function pruneReleases(context, ids) {
  const { releases } = context.runState.records;
  const pruned = releases.filter(({ id }) => ids.includes(id));
  const kept = releases.filter(({ id }) => !ids.includes(id));
  await removeReleaseContainers(context, ids);
  await removeImages(context, pruned, kept);
  await updateRecords(context, withoutReleases(context.runState.records, ids));
  return `${ids.length} removed`;
}

// src/rollout/undo-steps.ts
async function undoSteps(actions, host) {
  const collecting = host.collectEvidence(actions.filter((action) => action.kind === "stop-services"));
  const failures = [];
  let unreached;
  for (const action of actions) {
    if (action.kind === "stop-services") await collecting;
    if (action.kind === "stop-services" && unreached !== void 0 && action.release !== unreached) continue;
    const failure = await host.perform(action);
    if (failure !== void 0) failures.push(failure);
    if ("release" in action && traitsOf(action).movesTraffic)
      unreached = failure === void 0 ? void 0 : action.release;
  }
  return { failures, evidence: await collecting };
}

// src/rollout/wait-status.ts
var NOTE_INTERVAL = 1e4;
var everyTenSeconds = (task) => {
  const timer = setInterval(task, NOTE_INTERVAL).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
function reportWait(status2, report, repeat) {
  const startedAt = performance.now();
  let ended = false;
  let looking = false;
  const note = async () => {
    if (looking) return;
    looking = true;
    const seen = await Promise.resolve(status2.look?.()).catch(() => void 0);
    looking = false;
    if (!ended) report({ elapsed: performance.now() - startedAt, limit: status2.limit, seen });
  };
  const repetition = repeat(() => void note());
  return {
    [Symbol.dispose]() {
      ended = true;
      repetition[Symbol.dispose]();
    }
  };
}

// src/rollout/execute-plan.ts
async function executePlan(plan, contexts, options, operations = { performAction, collectEvidence, reachabilityAfterRollback }) {
  for (const host of plan.hosts.keys())
    if (!contexts.has(host)) throw new SealiftError(`${host} is not connected. Nothing was changed.`);
  const execution = new PlanExecution(plan, contexts, options, operations);
  for (const [stage, hosts] of stageSequence(plan)) {
    const failures = await execution.runStage(stage, hosts);
    if (failures.length > 0) return execution.rollBack(stage, failures);
  }
  const warnings = [];
  for (const stage of COMMITTED_STAGES) {
    for (const { host, error: error2, cancelled } of await execution.runStage(stage, [...plan.hosts.keys()]))
      warnings.push(
        cancelled ? cancelledAfterAcceptText(plan, execution.steps) : messageWithHost(host, error2)
      );
  }
  return { kind: "succeeded", steps: execution.steps, warnings: [...new Set(warnings)] };
}
var ABORT_GRACE = 5e3;
var PlanExecution = class {
  steps = [];
  #plan;
  #contexts;
  #options;
  #operations;
  #startedAt = performance.now();
  /** In the order in which they were started. */
  #startedSteps;
  /** Aborted by the first failure: nothing needs what the other hosts wait for. */
  #abortWaits = new AbortController();
  /** Aborted a few seconds later: an aborted change may leave more to undo than is known. */
  #abortChanges = new AbortController();
  #abortTimer;
  constructor(plan, contexts, options, operations) {
    this.#plan = plan;
    this.#contexts = contexts;
    this.#options = options;
    this.#operations = operations;
    this.#startedSteps = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }
  /** Runs a stage on hosts in parallel. A step that is aborted because another host failed is no failure. */
  async runStage(stage, hosts) {
    var _stack = [];
    try {
      const busy = hosts.filter((host) => this.#plan.hosts.get(host)?.[stage]?.length);
      if (busy.length > 0) this.#options.progress.onStageStart(stage, busy);
      const all = (await Promise.all(busy.map((host) => this.#runStageOnHost(host, stage)))).flat();
      const cancelled = all.find((failure) => failure.cancelled);
      const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
      if (failures.length > 0 || stage !== "verify") return failures;
      const { verify, progress } = this.#options;
      if (verify === void 0) return [];
      const waitStatus = {};
      const _notes = __using(_stack, reportWait(waitStatus, (note) => progress.onWait(note), this.#repeat));
      try {
        await verify(waitStatus);
        return [];
      } catch (error2) {
        if (this.#options.signal.aborted) return [this.#cancellation(stage)];
        return [{ host: void 0, stage, action: void 0, error: error2 }];
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  get #repeat() {
    return this.#options.repeat ?? everyTenSeconds;
  }
  #cancellation(stage) {
    const error2 = new SealiftError("The job was cancelled.", { cause: this.#options.signal.reason });
    return { host: void 0, stage, action: void 0, cancelled: true, error: error2 };
  }
  async #runStageOnHost(host, stage) {
    const warnings = [];
    for (const step2 of this.#plan.hosts.get(host)?.[stage] ?? []) {
      if (this.#options.signal.aborted) return [...warnings, this.#cancellation(stage)];
      if (this.#abortWaits.signal.aborted) return [];
      this.#startedSteps.get(host)?.push(step2);
      const abort = traitsOf(step2.action).waits ? this.#abortWaits : this.#abortChanges;
      const signal = AbortSignal.any([this.#options.signal, abort.signal]);
      const failure = await this.#performStep(host, stage, step2.action, signal, false);
      if (failure === void 0) continue;
      if (isCausedByAbort(failure.error, signal))
        return this.#options.signal.aborted ? [...warnings, this.#cancellation(stage)] : warnings;
      if (!COMMITTED_STAGES.has(stage)) {
        this.#abortOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      warnings.push(failure);
    }
    return warnings;
  }
  #abortOthers(reason) {
    this.#abortWaits.abort(reason);
    this.#abortTimer ??= setTimeout(() => this.#abortChanges.abort(reason), ABORT_GRACE).unref();
  }
  /** Undoes every step that was started. An undo that fails is reported, and the others still run. */
  async rollBack(stage, failures) {
    clearTimeout(this.#abortTimer);
    const undos = [...this.#startedSteps].flatMap(([host, started]) => {
      const actions = started.toReversed().flatMap((step2) => step2.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0) {
      const hosts = undos.map(({ host }) => host);
      this.#options.progress.onStageStart("roll-back", hosts);
    }
    const results = await Promise.all(undos.map(({ host, actions }) => this.#undo(host, stage, actions)));
    return {
      kind: "rolled-back",
      steps: this.steps,
      failures,
      evidence: results.flatMap(({ evidence }) => evidence),
      undoFailures: results.flatMap((result) => result.failures),
      reachability: await this.#reachability()
    };
  }
  /** What visitors reach now, and what they reached before. */
  async #reachability() {
    const found = await Promise.all(
      [...this.#plan.hosts.keys()].map(async (host) => {
        const context = this.#contextOf(host, new AbortController().signal);
        const after = await this.#operations.reachabilityAfterRollback(context);
        return [host, { before: context.runState.reachedBefore, after }];
      })
    );
    return new Map(found.filter(([, { before, after }]) => (before ?? after) !== void 0));
  }
  #undo(host, stage, actions) {
    const { signal } = new AbortController();
    return undoSteps(actions, {
      collectEvidence: (stops) => this.#operations.collectEvidence(this.#contextOf(host, signal), stops),
      perform: (action) => this.#performStep(host, stage, action, signal, true)
    });
  }
  async #performStep(host, stage, action, signal, undo) {
    var _stack = [];
    try {
      const start = performance.now();
      const { progress } = this.#options;
      const context = this.#contextOf(host, signal);
      const end = (note, error2) => {
        const ok = error2 === void 0;
        const watched = context.runState.watchResults.get(action);
        const images = context.runState.pullResults.get(action);
        const at = start - this.#startedAt;
        const result = {
          ...{ host, stage, action, at, took: performance.now() - start, ok, undo, note },
          ...!ok && isCausedByAbort(error2, signal) ? { aborted: true } : {},
          ...watched === void 0 ? {} : { watched },
          ...images === void 0 ? {} : { images }
        };
        this.steps.push(result);
        progress.onStepEnd(result, error2);
      };
      progress.onStepStart(host, stage, action);
      const _notes = __using(_stack, reportWait(
        context.waitStatus,
        (note) => progress.onWait(note, { host, action }),
        this.#repeat
      ));
      try {
        end(await this.#operations.performAction(context, action));
        return void 0;
      } catch (error2) {
        end(void 0, error2);
        return { host, stage, action, error: error2 };
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  #contextOf(host, signal) {
    const context = this.#contexts.get(host);
    if (context === void 0) throw new SealiftError(`${host} is not connected.`);
    return { ...context, signal, jobCancelled: this.#options.signal.aborted, waitStatus: {} };
  }
};

// src/rollout/check-networks.ts
async function checkNetworkAddresses(engine, release) {
  const existing = new Set((await engine.listNetworks([])).map(({ name }) => name));
  const names = [
    ...SLOTS.map((slot) => slotNetwork(release, slot)),
    ...baseObjects(release).networks.map(({ Name }) => Name)
  ];
  await engine.checkNetworkAddresses(names.filter((name) => !existing.has(name)).length);
}

// src/rollout/preflight.ts
async function preflight(engines, observations, outline, adopts = /* @__PURE__ */ new Map()) {
  checkContainerNames(outline);
  for (const { host } of observations)
    checkForeignPorts(withoutAdoptedPorts(host, { projects: adopts }, outline), outline);
  const checks = [checkExternals, checkDomainsFree, checkNetworkAddresses];
  await allOrThrow(checks.flatMap((check) => engines.map((engine) => check(engine, outline))));
}

// src/rollout/url-check.ts
import { setTimeout as pause8 } from "node:timers/promises";
var REQUIRED_SUCCESSES = 3;
var URL_CHECK_INTERVAL = 200;
var RESPONSE_TIMEOUT = 5e3;
async function checkUrl(check, signal, waitStatus = {}, interval = URL_CHECK_INTERVAL) {
  const end = performance.now() + check.timeout;
  let last;
  waitStatus.limit = check.timeout;
  waitStatus.look = () => last && lastAnswerText(last);
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await requestUrl(check, signal, Math.min(RESPONSE_TIMEOUT, left));
    signal.throwIfAborted();
    if (last === void 0 || !answer.timedOut || left >= RESPONSE_TIMEOUT) last = answer;
    inARow = answer.ok ? inARow + 1 : 0;
    if (inARow === REQUIRED_SUCCESSES) return `${answer.text}, ${REQUIRED_SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw unexpectedAnswerError(check, last);
    await pause8(interval, void 0, { signal }).catch(() => signal.throwIfAborted());
  }
}
var lastAnswerText = ({ ok, text }) => ok ? `it answered ${text}, but not ${REQUIRED_SUCCESSES} times in a row` : text;
function unexpectedAnswerError({ url, timeout }, last) {
  return new SealiftError(
    `url: ${url} did not answer as expected within ${formatDuration(timeout)}: ${lastAnswerText(last)}. Check the address, "url-status" and "url-body", or increase "url-timeout".${proxyHint(url)}`
  );
}
function proxyHint(url) {
  const proxy = proxyFor(new URL(url));
  return proxy === void 0 ? "" : ` The runner asked through its proxy ${proxyName(proxy)}: a host that it reaches without belongs in no_proxy.`;
}
async function requestUrl(check, signal, timeout) {
  try {
    const { status: status2, body } = await requestWeb(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { "user-agent": "sealift", "cache-control": "no-cache" },
      // A user who expects only redirects wants to check the redirect, not its target.
      redirect: check.status.every((status3) => status3 >= 300 && status3 < 400) ? "manual" : "follow"
    });
    if (!check.status.includes(status2)) return { ok: false, text: `it answered ${status2}` };
    if (!bodyMatches(body, check.body))
      return { ok: false, text: `it answered ${status2}, but its body does not match "url-body"` };
    return { ok: true, text: `${status2}` };
  } catch (error2) {
    const timedOut = error2 instanceof DOMException && error2.name === "TimeoutError";
    const text = timedOut ? `no answer within ${formatDuration(timeout)}` : rootCauseText(error2);
    return { ok: false, timedOut, text };
  }
}
function bodyMatches(body, expected) {
  if (expected === void 0) return true;
  return typeof expected === "string" ? body.includes(expected) : expected.test(body);
}
function rootCauseText(error2) {
  if (error2 instanceof AggregateError && error2.errors.length > 0) return rootCauseText(error2.errors[0]);
  return error2 instanceof Error && error2.cause !== void 0 ? rootCauseText(error2.cause) : messageOf(error2);
}

// src/deployment.ts
async function deployRelease(deployment) {
  const { fleet, release, context } = deployment;
  let { observations } = deployment;
  await preflight(fleet.engines, observations, release, deployment.adopts);
  let plan = planDeployment(deployment, hostsOf(observations));
  reportPlan(deployment, plan, hostsOf(observations));
  if (deployment.options.dryRun || isEmptyPlan(plan)) return;
  requireSecretContents(plan, deployment);
  const failedRestarts = [];
  let outcome;
  let composePlugin;
  for (; ; ) {
    if (planUsesCompose(plan)) composePlugin ??= await deployment.composePlugin();
    const contexts = await hostContextsOf(deployment, plan, observations, composePlugin);
    const execute = () => executePlan(plan, contexts, {
      verify: urlCheckOf(deployment),
      progress: reportProgress(plan, deployment.options.url?.url, context.log),
      signal: context.signal
    });
    const latest = await group(titleOf(deployment, plan), execute);
    outcome = outcome === void 0 ? latest : joinOutcomes(outcome, latest);
    const added = onlyFailedRestarts(latest, release.id).filter(
      (one) => isHostConnected(fleet, one.host) && !failedRestarts.some((other) => isSameRestart(one, other))
    );
    if (added.length === 0 || context.signal.aborted) break;
    for (const failedRestart2 of added) warnOfFailedRestart(failedRestart2, deployment);
    failedRestarts.push(...added);
    observations = await fleet.observe();
    plan = planDeployment(deployment, markRestartFailed(hostsOf(observations), failedRestarts));
  }
  reportOutcome(deployment, hostsOf(deployment.observations), outcome);
}
var hostsOf = (observations) => observations.map(({ host }) => host);
function planDeployment(deployment, hosts) {
  const { release, waves, updateAccessories } = deployment;
  for (const host of hosts) checkProxiedPorts(host, release, updateAccessories);
  const bake = proxyOverlap(release, hosts, deployment.bake);
  const edgeFingerprint2 = requiredEdgeFingerprint(release);
  return planFleet(hosts, { ...deployment, bake, edgeFingerprint: edgeFingerprint2 }, waves);
}
var titleOf = ({ command, release }, plan) => `${command === "rollback" ? "Roll back to" : "Deploy"} ${release.id}: ${stagesOf(plan).join(" → ")}`;
async function hostContextsOf(deployment, plan, observations, composePlugin) {
  const { fleet, destination, release, confidential, options, context } = deployment;
  const pulls = stagesOf(plan).includes("pull");
  const own = pulls ? await deployment.environment() : programEnvironment();
  const environment = await hostEnvironment(own, composePlugin, context);
  const fleetContext = {
    appEnvironment: destination,
    confidential,
    lock: deployment.lock,
    settings: options,
    run: context.run,
    log: context.log,
    environment,
    pullRetry: { retryPolicy: DEFAULT_RETRY_POLICY, limit: new RetryLimit(PULL_RETRY_LIMIT) },
    lookUpLayers: createLayerLookup(context, own),
    triggeredBy: context.triggeredBy,
    runStartedAt: Date.parse(context.report.current.startedAt),
    approval: deployment.approval,
    fleetHosts: fleet.engines.map(({ host }) => host)
  };
  return createHostContexts(fleet.engines, observations, release, fleetContext, context.signal);
}
function urlCheckOf({ options: { url }, context }) {
  if (url === void 0) return void 0;
  return async (waitStatus) => {
    const answer = await checkUrl(url, context.signal, waitStatus);
    context.log.info(`url: ${url.url} answered ${answer}`);
    context.report.set({ answer });
  };
}
var isSameRestart = (one, other) => one.host === other.host && one.release === other.release;
var isHostConnected = ({ engines }, host) => engines.some((engine) => engine.host === host && !engine.disconnected.aborted);
function warnOfFailedRestart({ host, release: former, error: error2 }, { context, release }) {
  const warning2 = `${sentence(messageWithHost(host, error2))} ${former}, which an interrupted run had stopped there, can't be started again, so ${release.id} is deployed without it.`;
  context.log.warning(warning2);
  addWarnings(context.report, [warning2]);
}
function requireSecretContents({ hosts }, { release, confidential }) {
  if (release.confidential.length === 0 || confidential.has(release.id)) return;
  for (const [host, stages] of hosts) {
    const steps = Object.values(stages).flat();
    if (!steps.some(({ action }) => action.kind === "start-services" && action.how === "create")) continue;
    throw goneSecretsError(host, release);
  }
}

// src/run/git.ts
async function askGit(checkout, args) {
  const options = ["-c", `safe.directory=${checkout}`, "-C", checkout];
  return (await runShortProgram("git", [...options, ...args])).stdout;
}

// src/gate/stale-commit.ts
var liveOriginOf = (host) => ({
  host: host.host,
  origin: liveRelease(host)?.record?.origin
});
function createStaleCommitCheck(token, allowDowngrade, context) {
  const known = /* @__PURE__ */ new Set();
  return async (sha, origins) => {
    if (allowDowngrade || !isSha(sha)) return;
    for (const [live, names] of liveCommits(origins, context.repository)) {
      if (live === sha || known.has(`${live} ${sha}`)) continue;
      known.add(`${live} ${sha}`);
      const isOlder = await askGitHub(live, sha, token, context) ?? await askCheckout(live, sha, context);
      if (isOlder === void 0) {
        context.log.info(
          `It is not known whether commit ${sha} is older than the live commit ${live}: neither GitHub nor the checkout has both.`
        );
      } else if (isOlder) throw staleCommitError(sha, live, names);
    }
  };
}
function staleCommitError(sha, live, hosts) {
  return new SealiftError(
    `Commit ${sha} is older than the live commit ${live} on ${joinWithAnd(hosts)}, which contains it. An old job that is run again does this. To go back to an earlier release, use the rollback action. To deploy this commit anyway, set allow-downgrade: true.`
  );
}
function liveCommits(origins, repository) {
  const commits = /* @__PURE__ */ new Map();
  for (const { host, origin } of origins) {
    if (!isSha(origin?.revision) || (origin.repository ?? repository) !== repository) continue;
    commits.set(origin.revision, [...commits.get(origin.revision) ?? [], host]);
  }
  return commits;
}
var isSha = (text) => /^[0-9a-f]{40,64}$/.test(text ?? "");
async function askGitHub(live, sha, token, context) {
  const connection = repositoryConnection(token);
  if (connection === void 0) return void 0;
  try {
    const github = await connectToGitHub(connection, context);
    const comparison = await github.compareCommits(live, sha);
    if (comparison === void 0) return void 0;
    const { status: status2 } = asObject(comparison);
    if (["ahead", "behind", "diverged", "identical"].some((known) => known === status2))
      return status2 === "behind";
    throw notGitHubError("commits");
  } catch (error2) {
    if (!(error2 instanceof SealiftError)) throw error2;
    throw new SealiftError(
      `${messageOf(error2)} Without an answer, Sealift can't tell whether commit ${sha} is older than the live commit ${live}. To deploy it anyway, set allow-downgrade: true.`,
      { cause: error2, evidence: error2.evidence }
    );
  }
}
async function askCheckout(live, sha, { workspace }) {
  try {
    await askGit(workspace, ["merge-base", "--is-ancestor", sha, live]);
    return true;
  } catch (error2) {
    if (!(error2 instanceof CommandError)) throw error2;
    return error2.exitCode === 1 ? false : void 0;
  }
}

// src/inputs/pairs.ts
var VARIABLE_NAME = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  hint: 'letters, digits and "_", not beginning with a digit'
};
var ESCAPE_SEQUENCES = {
  n: "\n",
  r: "\r",
  t: "	",
  '"': '"',
  "\\": "\\"
};
function parsePairs(text, input, key = VARIABLE_NAME, alone) {
  const pairs = /* @__PURE__ */ new Map();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf("=");
    if (alone !== void 0 && key.pattern.test(line) && !pairs.has(line)) {
      const value2 = alone(line);
      if (value2 === void 0) {
        throw new ConfigurationError(
          `${where}: the variable that it names is not set in this step. Set it under "env:" of the step, or write NAME=VALUE.`
        );
      }
      pairs.set(line, value2);
      continue;
    }
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name))
      throw new ConfigurationError(`${where}: the name before "=" is not valid. Write ${key.hint}.`);
    if (pairs.has(name))
      throw new ConfigurationError(`${where}: "${name}" is set twice. Remove one of the lines.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      pairs.set(name, value);
      continue;
    }
    const afterEquals = (lines[at] ?? "").trimStart().slice(equals + 1);
    const rest = [afterEquals.trimStart().slice(1), ...lines.slice(at + 1)].join("\n");
    const end = closingQuote(rest, quote);
    if (end < 0) {
      throw new ConfigurationError(
        `${where}: the value of "${name}" begins with ${quote}, but there is no closing ${quote}.`
      );
    }
    const trailing = rest.slice(end + 1).split("\n", 1)[0] ?? "";
    if (trailing.trim() !== "") {
      throw new ConfigurationError(
        `${where}: the value of "${name}" continues after its closing ${quote}. Quote the whole value or nothing of it.`
      );
    }
    const inner = rest.slice(0, end);
    at += inner.split("\n").length - 1;
    pairs.set(name, quote === '"' ? unescapeValue(inner) : inner);
  }
  return pairs;
}
function multiLineHint(pairs) {
  const last = [...pairs.keys()].at(-1);
  return last === void 0 ? "" : ` If the line belongs to the value of "${last}", put that value in double quotes.`;
}
function closingQuote(text, quote) {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
function unescapeValue(text) {
  return text.replaceAll(
    /\\(?<letter>[\s\S])/g,
    (match, letter) => ESCAPE_SEQUENCES[letter] ?? match
  );
}

// src/inputs/registry.ts
var REGISTRY_KEY = {
  pattern: { test: isRegistry },
  hint: "the host of a registry as image names have it: registry.example.com, docker.io"
};
function readRegistryCredentials(inputs, source) {
  const username = inputs.text("registry-username");
  const password = inputs.text("registry-password");
  const token = readJobToken(inputs);
  if (password !== void 0 && username === void 0) {
    throw new ConfigurationError(
      'registry-username: missing, but "registry-password" is set. Set both or neither.'
    );
  }
  if (username !== void 0 && password === void 0) {
    throw new ConfigurationError(
      'registry-password: missing, but "registry-username" is set. Check that the secret exists and that this job may read it.'
    );
  }
  if (username === void 0 || password === void 0) return { logins: [], unnamed: void 0, token };
  if (namesRegistries(username))
    return { logins: readLoginLines(username, password), unnamed: void 0, token };
  const registry = source === void 0 ? void 0 : givenRegistry(source);
  return registry === void 0 ? { logins: [], unnamed: { username, password }, token } : { logins: [{ registry, username, password }], unnamed: void 0, token };
}
var namesRegistries = (username) => /[=\n]/.test(username);
function loginPairs(username, password) {
  if (username === void 0 || password === void 0) return [];
  if (!namesRegistries(username)) return [[username, password]];
  const [users, passwords] = [username, password].map(
    (text) => parsePairs(text, "", { pattern: /./, hint: "" })
  );
  return [...passwords ?? []].map(([registry, each]) => [users?.get(registry) ?? "", each]);
}
function readLoginLines(username, password) {
  const read = (text, input) => {
    const pairs = parsePairs(text, input, REGISTRY_KEY);
    return new Map([...pairs].map(([host, value]) => [registryNamed(host), value]));
  };
  const users = read(username, "registry-username");
  const passwords = read(password, "registry-password");
  for (const registry of passwords.keys()) {
    if (users.has(registry)) continue;
    throw new ConfigurationError(
      `registry-username: there is no line for ${registry}, but "registry-password" has one. Write ${registry}=user.`
    );
  }
  return [...users].map(([registry, user]) => {
    const own = passwords.get(registry);
    if (own !== void 0 && own !== "" && user !== "") return { registry, username: user, password: own };
    throw new ConfigurationError(
      `registry-password: there is no password for ${registry}, which "registry-username" has. Write ${registry}=password on a line, and check that the secret exists and that this job may read it.`
    );
  });
}
function givenRegistry(source) {
  if (source.kind === "build" && !source.isRepositoryGiven) return void 0;
  const registries = registriesOf(source);
  const [first, ...others] = registries;
  if (first === void 0 || others.length === 0) return first;
  throw new ConfigurationError(
    `registry-username: the images are in several registries (${registries.join(", ")}), and one login can't serve several registries. Write the registry that it is for: ${loginLines(first)}.`
  );
}
function registryOfInput(source) {
  const [first, ...others] = registriesOf(source);
  return others.length === 0 ? first : void 0;
}
function registriesOf(source) {
  const named = source.kind === "build" ? [source] : [...source.images.values()];
  return [...new Set(named.map(({ repository }) => registryOf(repository)))];
}
function readJobToken(inputs) {
  const token = inputs.text("github-token");
  if (token === void 0 || !isGitHubDotCom(githubVariables().serverUrl)) return void 0;
  return { username: jobTokenUser(), password: token };
}
function jobTokenUser() {
  return githubVariables().actor ?? "github";
}

// src/rollout/host-lock.ts
var LEASE_DURATION = 15e3;
var RENEWAL_INTERVAL = 4e3;
var LEASE_FILE = "lease";
var ACQUIRE_ATTEMPTS = 50;
var HostLock = class _HostLock {
  #engine;
  #appEnvironment;
  #claim;
  #timer;
  #containerId;
  /** By `performance.now()`. */
  #heldUntil;
  #renewal = Promise.resolve();
  #lost;
  constructor(engine, appEnvironment, claim, containerId) {
    this.#engine = engine;
    this.#appEnvironment = appEnvironment;
    this.#claim = claim;
    this.#containerId = containerId;
    claim.remember(engine.host, containerId);
    this.#heldUntil = performance.now() + LEASE_DURATION;
    this.#timer = setInterval(() => {
      this.#renewal = this.#renewal.then(() => this.#renew());
    }, RENEWAL_INTERVAL).unref();
  }
  /**
   * Locks a host, or answers who has locked it. Does not wait for others.
   * @throws HostError if a container that is no lock has its name
   */
  static async tryAcquire(engine, appEnvironment, claim) {
    for (let attempt = 1; attempt <= ACQUIRE_ATTEMPTS; attempt += 1) {
      const id = await createLock(engine, appEnvironment, claim.owner);
      if (id !== void 0) return new _HostLock(engine, appEnvironment, claim, id);
      const held = await readLock(engine, appEnvironment);
      if (held !== void 0) return held;
    }
    throw new HostError(
      engine.host,
      `a container that Sealift did not make has the name ${lockName(appEnvironment)}, which the lock needs. Rename or remove it (docker rename, docker rm).`
    );
  }
  /**
   * To be called before each change of the host.
   * @throws HostError if another run may have the lock now
   */
  assertHeld() {
    if (this.#lost !== void 0) throw this.#lost;
    if (performance.now() < this.#heldUntil) return;
    throw new HostError(
      this.#engine.host,
      `its lock could not be renewed for ${LEASE_DURATION / 1e3} s, so another run may change it now. This run changes nothing more there.`
    );
  }
  /** Others can lock the host at once. If it can't be reached, they can when the lease has expired. */
  async [Symbol.asyncDispose]() {
    clearInterval(this.#timer);
    await this.#renewal;
    if (this.#lost !== void 0 || this.#engine.disconnected.aborted) return;
    await this.#engine.removeContainer(this.#containerId).catch(() => void 0);
    this.#claim.remember(this.#engine.host, void 0);
  }
  async #renew() {
    if (this.#lost !== void 0) return;
    const renewedAt = performance.now();
    try {
      await writeLease(this.#engine, this.#containerId);
      this.#heldUntil = renewedAt + LEASE_DURATION;
    } catch (error2) {
      if (error2 instanceof NotFound) await this.#reacquire().catch(() => void 0);
    }
  }
  async #reacquire() {
    const startedAt = performance.now();
    const id = await createLock(this.#engine, this.#appEnvironment, this.#claim.owner);
    if (id === void 0) {
      this.#lost = new HostError(
        this.#engine.host,
        "another run has locked it, because the lock of this run was removed. This run changes nothing more there."
      );
      return;
    }
    this.#containerId = id;
    this.#claim.remember(this.#engine.host, id);
    this.#heldUntil = startedAt + LEASE_DURATION;
  }
};
async function breakLock(engine, { containerId }) {
  await engine.removeContainer(containerId);
}
var lockName = (appEnvironment) => `${baseProject(appEnvironment)}-lock`;
async function createLock(engine, appEnvironment, { actor, runUrl }) {
  const name = lockName(appEnvironment);
  const lock = { actor, runUrl, since: new Date(engine.now()).toISOString() };
  const spec = {
    Image: EMPTY_IMAGE,
    Cmd: ["never-started"],
    // Not the labels of the app: it is no part of what is deployed.
    Labels: { [LABEL.role]: OWN_ROLE.lock, [LABEL.lock]: JSON.stringify(lock) }
  };
  for (; ; ) {
    try {
      const id = await engine.createContainer(name, spec);
      await writeLease(engine, id);
      return id;
    } catch (error2) {
      if (error2 instanceof Conflict) return void 0;
      if (!(error2 instanceof NotFound)) throw error2;
      await ensureEmptyImage(engine);
    }
  }
}
var writeLease = (engine, id) => {
  const lease = { expires: engine.now() + LEASE_DURATION };
  return engine.writeFiles(id, "/", /* @__PURE__ */ new Map([[LEASE_FILE, { content: JSON.stringify(lease), mode: 384 }]]));
};
async function readLock(engine, appEnvironment) {
  const found = (await engine.listContainers([`${LABEL.role}=${OWN_ROLE.lock}`])).find(
    ({ name }) => name === lockName(appEnvironment)
  );
  if (found === void 0) return void 0;
  const expires = await readLease(engine, found.id);
  const lock = asObject(JSON.parse(found.labels[LABEL.lock] ?? "{}"));
  const since = asText(lock["since"]) ?? "";
  return {
    containerId: found.id,
    owner: { actor: asText(lock["actor"]), runUrl: asText(lock["runUrl"]) },
    since,
    // Without a lease the run was killed right after it had made the lock, or is about to write one.
    isExpired: engine.now() > (expires ?? Date.parse(since) + 2 * LEASE_DURATION)
  };
}
var LEASE_READS = 4;
var LEASE_READ_INTERVAL = 250;
async function readLease(engine, id) {
  for (let read = 1; read <= LEASE_READS; read += 1) {
    if (read > 1) await pauseInRealTime(LEASE_READ_INTERVAL, engine.disconnected);
    const expires = await readLeaseOnce(engine, id);
    if (expires !== void 0) return expires;
  }
  return void 0;
}
async function readLeaseOnce(engine, id) {
  try {
    const content = (await engine.readFiles(id, `/${LEASE_FILE}`)).get(LEASE_FILE);
    return content === void 0 ? void 0 : Number(asObject(JSON.parse(String(content)))["expires"]);
  } catch (error2) {
    if (error2 instanceof HostError && !engine.disconnected.aborted) return void 0;
    throw error2;
  }
}

// src/rollout/fleet-lock.ts
var FleetLock = class {
  #locks;
  constructor(locks) {
    this.#locks = locks;
  }
  /** To be called before each change of a host. @throws HostError if another run may have its lock now */
  assertHeld(host) {
    this.#locks.get(host)?.assertHeld();
  }
  async [Symbol.asyncDispose]() {
    await allOrThrow([...this.#locks.values()].map((lock) => lock[Symbol.asyncDispose]()));
  }
};
async function lockFleet(engines, appEnvironment, options) {
  const tried = await Promise.allSettled(
    engines.map((engine) => HostLock.tryAcquire(engine, appEnvironment, options))
  );
  const locks = /* @__PURE__ */ new Map();
  for (const [index, { host }] of engines.entries()) {
    const result = tried[index];
    if (result?.status === "fulfilled" && result.value instanceof HostLock) locks.set(host, result.value);
  }
  const lock = new FleetLock(locks);
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  const failed = tried.find((each) => each.status === "rejected");
  if (failed !== void 0) throw failed.reason;
  return lockInOrder(engines, appEnvironment, options);
}
async function lockInOrder(engines, appEnvironment, options) {
  const locks = /* @__PURE__ */ new Map();
  const lock = new FleetLock(locks);
  const end = performance.now() + options.timeout;
  try {
    for (const engine of engines.toSorted((one, other) => one.host < other.host ? -1 : 1))
      locks.set(engine.host, await waitForLock(engine, appEnvironment, end, options));
  } catch (error2) {
    await lock[Symbol.asyncDispose]();
    throw error2;
  }
  return lock;
}
var RETRY_INTERVAL = 1e3;
async function waitForLock(engine, appEnvironment, end, options) {
  var _stack = [];
  try {
    const { timeout, log, signal, onWait } = options;
    let holder;
    const _notes = __using(_stack, reportWait(
      { limit: timeout, look: () => holder && holderText(holder) },
      (note) => onWait(engine.host, note),
      everyTenSeconds
    ));
    for (; ; ) {
      const lock = await HostLock.tryAcquire(engine, appEnvironment, options);
      if (lock instanceof HostLock) return lock;
      if (lock.isExpired) {
        log.info(
          `${engine.host}: the lock of ${holderText(lock)} has expired: that run has ended. It is removed.`
        );
        await breakLock(engine, lock);
        continue;
      }
      if (performance.now() >= end) throw lockTimeoutError(engine, lock, timeout);
      if (holder?.containerId !== lock.containerId)
        log.info(`${engine.host}: waiting for ${holderText(lock)}.`);
      holder = lock;
      await pauseInRealTime(RETRY_INTERVAL, signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
var holderText = ({ owner, since }) => `a run${owner.actor === void 0 ? "" : ` of ${owner.actor}`}, which has locked it since ${since}${owner.runUrl === void 0 ? "" : ` (${owner.runUrl})`}`;
var lockTimeoutError = ({ host }, lock, timeout) => new HostError(
  host,
  `lock-timeout: after ${timeout / 1e3} s it is still locked by ${holderText(lock)}. Wait until that run has ended, or cancel it; then run this job again.`
);

// src/run/lock-state.ts
import { createHash as createHash7 } from "node:crypto";
var PREFIX = "lock-";
var lockStateName = (host) => `${PREFIX}${createHash7("sha256").update(host).digest("hex").slice(0, 12)}`;

// src/lock.ts
async function lockHosts(engines, appEnvironment, timeout, { triggeredBy, log, signal, report }) {
  if (timeout === void 0) return new FleetLock(/* @__PURE__ */ new Map());
  return lockFleet(engines, appEnvironment, {
    owner: triggeredBy,
    timeout,
    log,
    signal,
    remember: (host, containerId) => saveState(
      lockStateName(host),
      containerId === void 0 ? "" : { command: report.current.command, host, containerId }
    ),
    onWait: (host, note) => log.info(waitLine(`${host}: lock`, note))
  });
}

// src/plan/choose-strategy.ts
function chooseStrategy(release, requested) {
  const { recreateReason } = release;
  if (recreateReason !== void 0) {
    if (requested === void 0 || requested.name === "recreate") return { name: "recreate" };
    throw new ConfigurationError(
      `strategy: this release can't be deployed with ${requested.name}: ${recreateReason}. Leave "strategy"${requested.name === "canary" ? ' and "canary"' : ""} empty or set it to recreate.`
    );
  }
  if (requested?.name === "canary") checkCanary(release);
  return requested ?? { name: needsStopFirst(release) ? "rolling" : "blue-green" };
}
var needsStopFirst = ({ services }) => Object.values(services).some(
  (service) => service.role !== "exclusive" && isStopFirst(service) && service.replicas > 1
);
function checkCanary({ services, routes }) {
  if (routes.length === 0) {
    throw new ConfigurationError(
      'canary: there are no visitors to split: the release publishes no HTTP port and has no domain, or "edge" is none. Publish a port in the Compose file, or leave "canary" empty.'
    );
  }
  for (const { service } of routes) {
    const { role, exclusiveReason } = services[service] ?? {};
    if (role !== "exclusive") continue;
    throw new ConfigurationError(
      `canary: the visitors of ${service} can't be split, because two of it can't run at once: ${exclusiveReason ?? "it is exclusive"}. Change that in the Compose file, or leave "canary" empty.`
    );
  }
}

// src/release/adopted-volumes.ts
function withAdoptedVolumes(split, names) {
  const adopted = Object.fromEntries(
    Object.entries(names).filter(
      ([key]) => asText(asObject(split.base.volumes?.[key])["name"]) === `${baseProject(split)}_${key}`
    )
  );
  if (Object.keys(adopted).length === 0) return split;
  const renamed = (config) => ({
    ...config,
    volumes: mapValues(
      config.volumes ?? {},
      (spec, key) => adopted[key] === void 0 ? spec : { ...spec, name: adopted[key] }
    )
  });
  return { ...split, compose: renamed(split.compose), base: renamed(split.base), adopted };
}

// src/release/compose/classify-services.ts
function classifyServices(config, placeholder, problems) {
  const released = /* @__PURE__ */ new Map();
  const images = Object.entries(config.services).map(
    ([name, service]) => [name, asText(service["image"])]
  );
  for (const [name, image] of images) {
    if (image === placeholder) released.set(name, "");
    else if (image?.includes(placeholder)) {
      problems.add(
        `compose-file: service ${name} has image: "${image.replace(placeholder, "${IMAGE}")}", but \${IMAGE} is already a complete reference with a digest. Write image: \${IMAGE}.`,
        "services",
        name,
        "image"
      );
    }
  }
  for (const { service, services, names } of builtImagesOf(config)) {
    const key = names.includes(placeholder) ? "" : service;
    for (const name of services) if (!released.has(name)) released.set(name, key);
  }
  const buildOnly = images.map(([name]) => name).filter((name) => isBuildOnly(config, name));
  for (const name of buildOnly) released.delete(name);
  if (released.size === 0) problems.add(nothingReleasedProblem(images));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: images.map(([name]) => name).filter((name) => !released.has(name) && !buildOnly.includes(name)),
    buildOnly
  };
}
var BUILD_KEYS = /* @__PURE__ */ new Set(["build", "image", "platform", "pull_policy", "profiles", "restart", "scale"]);
var IDLE_COMMANDS = /* @__PURE__ */ new Set(["", "true", "/bin/true", "/usr/bin/true", ":", "exit 0"]);
function isBuildOnly({ services }, name) {
  const isBase = Object.values(services).some(
    (service2) => Object.values(asObject(asObject(service2["build"])["additional_contexts"])).some(
      (context) => referencedService(context) === name
    )
  );
  const service = services[name] ?? {};
  if (!isBase || service["build"] === void 0) return false;
  const { command, entrypoint, networks, restart = "no" } = service;
  const idle = [command, entrypoint].every((each) => IDLE_COMMANDS.has(shellFree(asStrings(each)).join(" ")));
  const plain = Object.entries(service).every(
    ([key, value]) => BUILD_KEYS.has(key) || key.startsWith("x-") || value === null || ["command", "entrypoint", "networks"].includes(key)
  );
  const ownNetworks = Object.keys(asObject(networks)).some((key) => key !== "default");
  const isNeeded = Object.values(services).some((other) => dependenciesOf(other).has(name));
  return plain && idle && restart === "no" && !ownNetworks && !isNeeded;
}
var shellFree = (words) => /^(?:\/bin\/)?(?:ba|da|a)?sh$/.test(words[0] ?? "") && words[1] === "-c" ? words.slice(2) : words;
function neededBy(project, name) {
  const needed = /* @__PURE__ */ new Set();
  const visit = (each) => {
    for (const other of dependenciesOf(project.service(each)).keys()) {
      if (needed.has(other)) continue;
      needed.add(other);
      visit(other);
    }
  };
  visit(name);
  return needed;
}
function nothingReleasedProblem(images) {
  const [first] = images;
  if (first === void 0) {
    return 'compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input "env".';
  }
  const [name, image = ""] = first;
  return `compose-file: no service uses the image that is deployed. Write image: \${IMAGE} in place of "${image}" of service ${name}, or give a service build:. Services with neither (${images.map(([each]) => each).join(", ")}) are accessories, which a release leaves alone.`;
}

// src/release/compose/endings.ts
function endingOfService({ config }, name, hasRoute = () => false) {
  const service = config.services[name] ?? {};
  const others = Object.entries(config.services).filter(([other]) => other !== name);
  const conditions = new Set(others.map(([, other]) => dependenciesOf(other).get(name)?.condition));
  if (conditions.has("service_completed_successfully")) return "always";
  const answers = hasRoute(name) || portsOf(service).length > 0 || exposedPortsOf(service).length > 0 || checksHealth(service) || externalProxyOf(service) !== void 0 || aliasesOf(service).length > 0 || asObject(service["deploy"])["update_config"] !== void 0 || conditions.has("service_healthy") || others.some(([, other]) => linksOf(other).some((link2) => link2.service === name));
  const policy = writtenPolicyOf(service);
  if (answers || policy === "always") return "never";
  return policy === "no" ? "always" : "maybe";
}
function checksHealth(service) {
  const { test, disable } = asObject(service["healthcheck"]);
  return disable !== true && test !== void 0 && asList(test)[0] !== "NONE";
}
function writtenPolicyOf(service) {
  const section = asObject(service["deploy"])["restart_policy"];
  const written = section === void 0 ? asText(service["restart"]) : asText(asObject(section)["condition"]);
  const [policy] = (written ?? "").split(":");
  if (policy === "no" || policy === "none") return "no";
  if (policy === "on-failure") return "on-failure";
  return policy === "" || policy === void 0 ? void 0 : "always";
}
var lacksRestart = (service) => writtenPolicyOf(service) === void 0;

// src/release/compose/accessory-order.ts
var CONDITIONS_BY_STRICTNESS = [
  "service_started",
  "service_healthy",
  "service_completed_successfully"
];
function accessoryConditionsOf(project) {
  return project.accessories.flatMap((service) => {
    const asked = [...project.released.keys()].flatMap(
      (name) => dependenciesOf(project.service(name)).get(service) ?? []
    );
    const strictest = (required2) => Math.max(
      ...asked.filter((each) => each.required === required2).map(({ condition }) => CONDITIONS_BY_STRICTNESS.indexOf(condition)),
      -1
    );
    const [required, optional] = [strictest(true), strictest(false)];
    const conditionAt = (index) => CONDITIONS_BY_STRICTNESS[index] ?? "service_started";
    return [
      ...required >= 0 ? [{ service, condition: conditionAt(required) }] : [],
      ...optional > required ? [{ service, condition: conditionAt(optional), optional: true }] : []
    ];
  });
}
function accessoryOrderOf(project, roles) {
  const needs = (name) => neededBy(project, name);
  const dependent = project.accessories.filter((name) => [...needs(name)].some(project.isReleased));
  const early = [...roles].filter(([, { role }]) => role !== "worker").map(([name]) => name);
  const needed = new Set(early.flatMap((name) => [...needs(name)]));
  const between = dependent.filter((name) => needed.has(name));
  return {
    rounds: roundsOf(project, between),
    late: dependent.filter((name) => !between.includes(name)).sort()
  };
}
function roundsOf(project, between) {
  const rounds = [];
  let rest = between.toSorted();
  while (rest.length > 0) {
    const ready = rest.filter((name) => rest.every((other) => !neededBy(project, name).has(other)));
    if (ready.length === 0) break;
    const after = new Set(ready.flatMap((name) => [...neededBy(project, name)].filter(project.isReleased)));
    rounds.push({ after: [...after].sort(), accessories: ready });
    rest = rest.filter((name) => !ready.includes(name));
  }
  return rounds;
}
function accessoryEndingsOf(project) {
  const services = Object.values(project.config.services);
  const entries = project.accessories.map((name) => {
    const ending = endingOfService(project, name);
    const conditions = services.flatMap((service) => dependenciesOf(service).get(name)?.condition ?? []);
    const isUncertain = conditions.length > 0 && !conditions.includes("service_completed_successfully");
    return [name, ending === "always" && isUncertain ? "maybe" : ending];
  });
  return Object.fromEntries(entries.filter(([, ending]) => ending !== "never"));
}

// src/release/compose/named-backends.ts
var OTHER_DIRECTIVES = {
  fastcgi_pass: "FastCGI",
  php_fastcgi: "FastCGI",
  uwsgi_pass: "uwsgi",
  scgi_pass: "SCGI",
  grpc_pass: "gRPC",
  memcached_pass: "memcached"
};
var OTHER_SCHEMES = {
  fastcgi: "FastCGI",
  fcgi: "FastCGI",
  uwsgi: "uwsgi",
  scgi: "SCGI",
  grpc: "gRPC",
  grpcs: "gRPC",
  h2c: "HTTP/2",
  https: "HTTPS",
  wss: "HTTPS"
};
var FASTCGI_PORT = 9e3;
function namedBackends(text, name) {
  const plain = text.replaceAll(/(^|\s)#.*$/gm, "$1");
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(
    `(?:\\b([a-z][a-z0-9+.-]*):\\/\\/(?:[^\\s/@"'\`]*@)?|(?<![\\w.@/$-]))${literal}(?![\\w-]|\\.\\w)(?::(\\d{1,5}))?`,
    "gi"
  );
  const groups = new NginxGroups(plain);
  return [...plain.matchAll(pattern)].flatMap((match) => {
    const [whole, scheme, port] = match;
    const after = plain.slice(match.index + whole.length);
    const number = port === void 0 ? void 0 : Number(port);
    if (scheme !== void 0) return byScheme(scheme.toLowerCase(), number, groups.names.has(name));
    return byContext(plain.slice(0, match.index), after, number, groups);
  });
}
function byScheme(scheme, port, isGroup) {
  const protocol = OTHER_SCHEMES[scheme];
  if (protocol !== void 0) return [{ kind: "other", protocol }];
  if (!["http", "ws"].includes(scheme) || port === void 0 && isGroup) return [];
  return [{ kind: "http", port: port ?? 80 }];
}
function byContext(before, after, port, groups) {
  const statement = /[^;{}\n]*$/.exec(before)?.[0].trimStart() ?? "";
  const directive = /^[\w-]+/.exec(statement)?.[0] ?? "";
  const known = OTHER_DIRECTIVES[directive];
  if (known !== void 0) return [{ kind: "other", protocol: known }];
  if (directive === "server") {
    const group2 = groups.around(before.length);
    const protocol2 = group2 === void 0 ? void 0 : groups.otherProtocolOf(group2);
    if (protocol2 !== void 0) return [{ kind: "other", protocol: protocol2 }];
    if (port === void 0 && group2 === void 0) return [];
    return [groups.isTcp ? { kind: "other", protocol: "TCP" } : { kind: "http", port: port ?? 80 }];
  }
  if (directive === "proxy_pass") return port === void 0 ? [] : [{ kind: "other", protocol: "TCP" }];
  if (directive === "reverse_proxy" || directive === "to" && statement.length < "to ".length + 1) {
    if (/^[^}]*\btransport\s+fastcgi\b/.test(after)) return [{ kind: "other", protocol: "FastCGI" }];
    return [{ kind: "http", port: port ?? 80 }];
  }
  if (port === void 0) return isValue(before, after) ? [{ kind: "http", port: void 0 }] : [];
  if (port === FASTCGI_PORT) return [{ kind: "other", protocol: "FastCGI" }];
  const protocol = nonHttpProtocol(port);
  return protocol === void 0 ? [{ kind: "http", port }] : [{ kind: "other", protocol }];
}
var isValue = (before, after) => /^[A-Z][A-Z0-9_]*=$/.test(before) && after === "";
var NginxGroups = class {
  names;
  /** HAProxy's mode, if it has no backends by HTTP. */
  isTcp;
  #text;
  #groups;
  constructor(text) {
    this.#text = text;
    this.isTcp = /^\s*mode\s+tcp\b/m.test(text) && !/^\s*mode\s+http\b/m.test(text);
    this.#groups = [...text.matchAll(/\bupstream\s+([\w.-]+)\s*\{[^}]*\}/g)].map((match) => ({
      name: match[1] ?? "",
      begin: match.index,
      end: match.index + match[0].length
    }));
    this.names = new Set(this.#groups.map(({ name }) => name));
  }
  /** The name of the group that a position is in. */
  around(position) {
    return this.#groups.find(({ begin, end }) => begin <= position && position < end)?.name;
  }
  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group2) {
    const directives = Object.keys(OTHER_DIRECTIVES).join("|");
    for (const [, directive = "", name] of this.#text.matchAll(
      new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, "g")
    )) {
      if (name === group2) return OTHER_DIRECTIVES[directive];
    }
    return new RegExp(`\\bproxy_pass\\s+https:\\/\\/${group2.replaceAll(".", "\\.")}\\b`).test(this.#text) ? "HTTPS" : void 0;
  }
};

// src/release/compose/traefik-labels.ts
function hasTraefikLabels(service) {
  const labels = traefikLabels(service);
  const { "traefik.enable": enable = "" } = labels;
  return Object.keys(labels).length > 0 && enable.toLowerCase() !== "false";
}
function traefikBackendOf(name, service, exposedPort) {
  const labels = traefikLabels(service);
  const keys = Object.keys(labels);
  if (keys.some((key) => /^traefik\.(tcp|udp)\./i.test(key))) return "they are for TCP or UDP";
  const routers = namesIn(keys, /^traefik\.http\.routers\.([^.]+)\./i);
  if (routers.length === 0) return "they name no router (traefik.http.routers.…)";
  const services = namesIn(keys, /^traefik\.http\.services\.([^.]+)\./i);
  if (services.length > 1) return "they name several services";
  const server = (field) => labels[keys.find((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() === field) ?? ""];
  const scheme = server("scheme");
  if (server("url") !== void 0 || scheme !== void 0 && scheme !== "http")
    return "they name a URL or another scheme than http";
  const port = Number(server("port") ?? exposedPort(service));
  if (!Number.isSafeInteger(port))
    return "nothing says its port (traefik.http.services.….loadbalancer.server.port, or expose)";
  const [target = name] = services;
  const kept = keys.filter((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() !== "port");
  return {
    port,
    labels: (listens) => ({
      // Traefik names the only service of a container by itself, after the project.
      ...Object.fromEntries(routers.map((router) => [`traefik.http.routers.${router}.service`, target])),
      ...Object.fromEntries(kept.map((key) => [key, labels[key] ?? ""])),
      [`traefik.http.services.${target}.loadbalancer.server.port`]: String(listens)
    })
  };
}
var SERVER_FIELD = /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.(\w+)$/i;
var namesIn = (keys, pattern) => [
  ...new Set(keys.flatMap((key) => pattern.exec(key)?.[1] ?? []))
];
function traefikLabels(service) {
  const all = Object.entries(asObject(service["labels"])).filter(([key]) => isTraefikLabel(key));
  return Object.fromEntries(all.map(([key, value]) => [key, unescapeDollars(String(value ?? ""))]));
}
var isTraefikLabel = (key) => /^traefik\./i.test(key);
function withoutTraefikLabels(service) {
  const others = Object.entries(asObject(service["labels"])).filter(([key]) => !isTraefikLabel(key));
  return { ...service, labels: { ...Object.fromEntries(others), "traefik.enable": "false" } };
}
function withCompleteTraefikLabels(name, service, network, exposedPort) {
  const own = asObject(service["labels"]);
  const backend = hasTraefikLabels(service) ? traefikBackendOf(name, service, exposedPort) : "";
  if (typeof backend === "string") return service;
  const said = mapValues(backend.labels(backend.port), escapeDollars);
  const where = network === void 0 ? {} : { "traefik.docker.network": escapeDollars(network) };
  return { ...service, labels: { ...where, ...said, ...own } };
}

// src/release/compose/own-proxies.ts
var NO_PROXIES = { upstreamsOf: /* @__PURE__ */ new Map(), upstreams: /* @__PURE__ */ new Map(), notices: [] };
function findOwnProxies(project, contents) {
  const accessories = new Map(
    accessoriesBehindPorts(project, contents).map((name) => [name, leadsOf(project, name, contents)])
  );
  const traefik = [...accessories.keys()].find((name) => isTraefik(project.service(name)));
  const ports = /* @__PURE__ */ new Map();
  for (const leads of accessories.values())
    for (const [service, own] of leads.ports)
      ports.set(service, /* @__PURE__ */ new Set([...ports.get(service) ?? [], ...own]));
  const upstreams = assignUpstreams(project, ports);
  const notices = [...accessories.values()].flatMap((leads) => leads.notices);
  if (traefik !== void 0) {
    const labelled = addTraefikUpstreams(project, upstreams);
    notices.push(...labelled.notices(traefik));
    const leads = accessories.get(traefik);
    for (const [service, port] of labelled.added)
      leads?.ports.set(service, /* @__PURE__ */ new Set([...leads.ports.get(service) ?? [], port]));
  }
  const upstreamsOf2 = new Map(
    [...accessories].map(([name, leads]) => [
      name,
      [...leads.ports].flatMap(
        ([service, own]) => [...own].flatMap((port) => upstreams.get(service)?.get(port) ?? [])
      )
    ])
  );
  return {
    upstreamsOf: new Map([...upstreamsOf2].filter(([, all]) => all.length > 0)),
    upstreams,
    notices
  };
}
function accessoriesBehindPorts(project, contents) {
  const reached = /* @__PURE__ */ new Set();
  const visit = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    const dependencies = dependenciesOf(project.service(name));
    const texts = textsOf(project, name, contents);
    for (const other of project.accessories)
      if (dependencies.has(other) || texts.some((text) => namedBackends(text, other).length > 0))
        visit(other);
  };
  for (const name of project.accessories) if (portsOf(project.service(name)).length > 0) visit(name);
  return [...reached].filter((name) => networksOf(project.service(name)) !== void 0);
}
function leadsOf(project, name, contents) {
  const service = project.service(name);
  const texts = textsOf(project, name, contents);
  const leads = { ports: /* @__PURE__ */ new Map(), notices: [] };
  let isNamed2 = false;
  for (const released of reachableServices(project, service)) {
    const hosts = [...namesOf(project, released), ...linkNames(service, released)];
    const found = hosts.flatMap((host) => texts.flatMap((text) => namedBackends(text, host)));
    const ports = found.flatMap(
      (each) => each.kind === "other" ? [] : each.port ?? onlyExposedPort(project.service(released)) ?? []
    );
    const other = found.find((each) => each.kind === "other");
    isNamed2 ||= found.length > 0;
    if (ports.length > 0) leads.ports.set(released, new Set(ports));
    else if (other !== void 0) leads.notices.push(notSwitchedNotice(name, released, other.protocol));
  }
  if (!isNamed2 && isProxyByName(name, service)) addDependencies(project, name, leads);
  return leads;
}
function addDependencies(project, name, leads) {
  const service = project.service(name);
  const dependencies = dependenciesOf(service);
  for (const released of reachableServices(project, service)) {
    const condition = dependencies.get(released)?.condition;
    if (condition === void 0 || condition === "service_completed_successfully") continue;
    const port = onlyExposedPort(project.service(released));
    if (port === void 0) leads.notices.push(unknownPortNotice(name, released));
    else leads.ports.set(released, /* @__PURE__ */ new Set([port]));
  }
}
function reachableServices(project, accessory) {
  const own = Object.keys(networksOf(accessory) ?? {});
  return [...project.released.keys()].filter(
    (name) => Object.keys(networksOf(project.service(name)) ?? {}).some((network) => own.includes(network))
  );
}
function namesOf(project, name) {
  const service = project.service(name);
  const links = project.accessories.flatMap((other) => linkNames(project.service(other), name));
  const containerName2 = asStrings([service["container_name"]]);
  return [.../* @__PURE__ */ new Set([name, ...containerName2, ...aliasesOf(service), ...links])];
}
var linkNames = (service, to) => linksOf(service).flatMap((link2) => link2.service === to ? [link2.alias] : []);
function onlyExposedPort(service) {
  const published = portsOf(service).flatMap(({ target, protocol }) => protocol === "tcp" ? [target] : []);
  const ports = [.../* @__PURE__ */ new Set([...exposedPortsOf(service), ...published])];
  const [port] = ports;
  const isHttp = port !== 9e3 && port !== void 0 && nonHttpProtocol(port) === void 0;
  return ports.length === 1 && isHttp ? port : void 0;
}
var PROXY_NAMES = /nginx|openresty|angie|caddy|traefik|haproxy|envoy|httpd|apache|kong|varnish|proxy|gateway|ingress|\bswag\b|\blb\b/i;
var isProxyByName = (name, service) => PROXY_NAMES.test(name) || PROXY_NAMES.test(asText(service["image"]) ?? "");
function isTraefik(service) {
  const hasSocket = mountsOf(service).some(({ source }) => /\/docker\.sock$/.test(source ?? ""));
  return hasSocket || /(^|\/)traefik\b/.test(asText(service["image"]) ?? "");
}
function textsOf(project, name, contents) {
  const service = project.service(name);
  const files = asList(service["configs"]).map(fileObjectName).map(
    (config) => contents.get(`config:${config}`) ?? unescapeDollars(asText(asObject(project.config.configs?.[config])["content"]) ?? "")
  );
  const argv = ["command", "entrypoint"].map(
    (key) => unescapeDollars(asText(service[key]) ?? asStrings(service[key]).join("\n"))
  );
  const variables = Object.entries(asObject(service["environment"])).map(
    ([variable, value]) => `${variable}=${unescapeDollars(String(value ?? ""))}`
  );
  return [...files, ...argv, ...variables].filter((text) => text !== "");
}
function assignUpstreams(project, ports) {
  const taken = [];
  const upstreams = /* @__PURE__ */ new Map();
  for (const [service, own] of ports) {
    let index = taken.findIndex((each) => [...own].every((port) => !each.has(port)));
    if (index === -1) index = taken.push(/* @__PURE__ */ new Set()) - 1;
    for (const port of own) taken[index]?.add(port);
    const network = index === 0 ? FIRST_NETWORK : `${FIRST_NETWORK}-${index + 1}`;
    const names = namesOf(project, service);
    upstreams.set(service, new Map([...own].map((port) => [port, { network, port, names }])));
  }
  return upstreams;
}
var FIRST_NETWORK = "upstream";
function addTraefikUpstreams(project, upstreams) {
  const taken = new Set(
    [...upstreams.values()].flatMap(
      (own) => [...own.values()].flatMap(({ network, port }) => network === FIRST_NETWORK ? [port] : [])
    )
  );
  const added = [];
  const failures = [];
  for (const service of project.released.keys()) {
    if (!hasTraefikLabels(project.service(service))) continue;
    const found = traefikBackendOf(service, project.service(service), onlyExposedPort);
    if (typeof found === "string") {
      failures.push([service, found]);
      continue;
    }
    const own = upstreams.get(service) ?? /* @__PURE__ */ new Map();
    const known = own.get(found.port);
    const shared = known?.network === FIRST_NETWORK ? known : void 0;
    let port = found.port;
    while (shared === void 0 && taken.has(port)) port += 1;
    taken.add(port);
    const names = shared?.names ?? [];
    own.set(found.port, { network: FIRST_NETWORK, port, names, labels: found.labels(port) });
    upstreams.set(service, own);
    added.push([service, found.port]);
  }
  return {
    added,
    notices: (traefik) => failures.map(([service, why]) => traefikNotice(traefik, service, why))
  };
}
function notSwitchedNotice(proxy, service, protocol) {
  return `${proxy} leads to ${service} by ${protocol}, which the edge can't switch: its requests go to every release that answers to that name, and fail while it keeps the address of an old one. Give ${proxy} a build: too, so that each release has its own, and the edge publishes its ports.`;
}
function unknownPortNotice(proxy, service) {
  return `${proxy} is in front of ${service}, but nothing says on which port ${service} gets its requests, so they go to every release that answers to that name, and are not switched. Add it to ${service}: expose: ["3000"].`;
}
function traefikNotice(traefik, service, why) {
  return `${traefik} finds ${service} by labels, but ${why}, so its requests are not switched. Change that, or set "edge: none".`;
}
function ownProxyNotices({ upstreamsOf: upstreamsOf2, upstreams }) {
  return [...upstreamsOf2].map(([proxy, own]) => {
    const behind = [...upstreams].flatMap(
      ([service, ports]) => [...ports].flatMap(([port, upstream]) => own.includes(upstream) ? [`${service}:${port}`] : [])
    );
    return `${proxy} is in front of ${joinWithAnd(behind)}: it reaches the edge under that name, which switches its requests from release to release.`;
  });
}

// src/release/compose/roles.ts
function rolesOf(project, hasRoute, edge) {
  const names = [...project.released.keys()];
  const endings = new Map(names.map((name) => [name, endingOfService(project, name, hasRoute)]));
  const oneShots = new Set(names.filter((name) => endings.get(name) === "always"));
  const reasonOf = (name) => oneShots.has(name) ? void 0 : whyExclusive(project.service(name), project.isReleased, edge);
  const served = names.filter((name) => reasonOf(name) === void 0 && hasRoute(name));
  const reasons = new Map(
    names.map((name) => [
      name,
      reasonOf(name) ?? (served.includes(name) || oneShots.has(name) ? void 0 : whyDataExclusive(project, name))
    ])
  );
  const needed = withDependencies(project, [
    ...served,
    ...oneShots,
    ...names.filter((name) => reasons.get(name) !== void 0),
    ...names.filter((name) => exposedPortsOf(project.service(name)).length > 0),
    ...names.filter((name) => edge === "none" && isReachableFromOutside(project, name)),
    ...project.accessories.flatMap((name) => releasedDependencies(project, name))
  ]);
  const roleOf = (name) => {
    if (reasons.get(name) !== void 0) return "exclusive";
    if (edge !== "none" && served.includes(name)) return "served";
    return needed.has(name) ? "internal" : "worker";
  };
  return new Map(
    names.map((name) => [
      name,
      {
        role: roleOf(name),
        exclusiveReason: reasons.get(name),
        oneShot: oneShots.has(name),
        ...endings.get(name) === "maybe" ? { mayEnd: true } : {}
      }
    ])
  );
}
function whyRecreateAll(project, roles) {
  for (const [name, { role }] of roles) {
    const direct = role === "served" || role === "internal" ? releasedDependencies(project, name) : [];
    const needed = role === "worker" ? [] : [...direct, ...neededThroughAccessories(project, name)];
    for (const other of needed) {
      const { exclusiveReason } = roles.get(other) ?? {};
      if (exclusiveReason !== void 0)
        return `${name} needs ${other}, and two of ${other} can't run at once: ${exclusiveReason}`;
    }
  }
  return void 0;
}
function releasedDependencies(project, name) {
  return [...dependenciesOf(project.service(name)).keys()].filter(project.isReleased);
}
function neededThroughAccessories(project, name) {
  const accessories = [...neededBy(project, name)].filter((other) => !project.isReleased(other));
  return accessories.flatMap((other) => [...neededBy(project, other)].filter(project.isReleased));
}
function withDependencies(project, roots) {
  const reached = /* @__PURE__ */ new Set();
  const visit = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const other of releasedDependencies(project, name)) visit(other);
  };
  for (const root of roots) visit(root);
  return reached;
}
function whyDataExclusive(project, name) {
  const service = project.service(name);
  if (updateOrder(service) === "start-first" || replicasOf(service) > 1) return void 0;
  const others = Object.entries(project.config.services).filter(([other]) => other !== name);
  const mounted = new Set(others.flatMap(([, other]) => mountsOf(other).map((mount) => mount.source)));
  const own = writableMounts(project, name).find((source) => !mounted.has(source));
  return own === void 0 ? void 0 : `it alone writes to ${own} (if two may, set deploy.update_config.order: start-first)`;
}
function writableMounts(project, name) {
  return mountsOf(project.service(name)).filter((mount) => !mount.readOnly && (mount.type === "volume" || mount.type === "bind")).map((mount) => mount.source).filter((source) => source !== void 0).filter((source) => !/\.sock$|^\/(etc|dev|proc|sys|run|var\/run|tmp)(\/|$)/.test(source));
}

// src/release/compose/notices.ts
function composeNoticesOf(project, roles, proxies, edge) {
  const released = [...project.released.keys()].flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...servesBesideOldRelease(project, name, roles) ? sharedDataNotices(project, name) : []
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...edge === "none" ? [] : accessoryProxyNotices(project, name, proxies)
  ]);
  const bases = project.buildOnly.map(
    (name) => `${name}: another image is built from it (additional_contexts), so it is built and not run. If it is to run, give it a restart policy.`
  );
  return [
    ...edge === "none" ? noProxyNotices(roles) : [],
    ...released,
    ...accessories,
    ...ownProxyNotices(proxies),
    ...proxies.notices,
    ...bases,
    ...restartNotices(project, roles, edge)
  ];
}
function restartNotices(project, roles, edge) {
  const services = Object.entries(project.config.services);
  const isNeeded = (name) => roles.get(name)?.role === "served" || endingOfService(project, name) === "never" || services.some(([, other]) => dependenciesOf(other).get(name)?.condition === "service_started");
  const names = services.filter(([name, service]) => !project.buildOnly.includes(name) && lacksRestart(service) && isNeeded(name)).map(([name]) => name);
  if (names.length === 0) return [];
  const [verb, pronoun] = names.length === 1 ? ["has", "it"] : ["have", "they"];
  const answers = edge === "none" ? "" : ", while Sealift's edge is back and answers 502";
  return [
    `${joinWithAnd(names)} ${verb} no restart policy, so ${pronoun} will stay down after a crash or a restart of the server${answers}. Write restart: unless-stopped.`
  ];
}
function servesBesideOldRelease(project, name, roles) {
  const role = roles.get(name)?.role;
  return role === "served" || role === "internal" && externalProxyOf(project.service(name)) !== void 0;
}
function noProxyNotices(roles) {
  if ([...roles.values()].some(({ role }) => role !== "worker")) return [];
  return [
    "edge: none, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all services count as workers."
  ];
}
function commonNotices(name, service) {
  const notices = [];
  if (service["develop"] !== void 0) notices.push(`${name}: develop is for local work and ignored here.`);
  const unset = Object.entries(asObject(service["environment"])).filter(([, value]) => value === null).map(([variable]) => variable);
  if (unset.length > 0) {
    notices.push(
      `${name}: its environment names ${unset.join(", ")} without a value, and the input "env" has none, so it is not set in the container.`
    );
  }
  return notices;
}
function sharedDataNotices(project, name) {
  const data = writableMounts(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(" and ")} while both run. If that is not safe (SQLite, for example), set "strategy: recreate".`
  ];
}
function accessoryProxyNotices(project, name, { upstreamsOf: upstreamsOf2, notices }) {
  if (upstreamsOf2.has(name) || notices.some((notice2) => notice2.startsWith(`${name} `))) return [];
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (portsOf(service).length === 0 || behind.length === 0) return [];
  return [
    `${name} is an accessory in front of ${behind.join(", ")}: its requests go to every release that answers to that name, and are not switched. For switched traffic, publish the ports of ${behind.join(", ")} instead.`
  ];
}

// src/release/compose/port-conflicts.ts
function isFrontPort(address, published, domains) {
  return domains.size > 0 && isOnAllAddresses(address) && ["80", "443"].includes(String(published));
}
function checkPortConflicts(routes, project, domains, problems) {
  const routed = routes.flatMap(
    ({ service, containerPort, published }) => published.map((port) => ({ ...port, owner: `${service}:${containerPort}` }))
  );
  const served = new Set(
    routes.filter(({ published }) => published.length > 0).map(({ service }) => service)
  );
  const isOthers = (name) => (port) => port.protocol === "tcp" && /^\d+$/.test(port.published ?? "") && !(project.isReleased(name) && isFrontPort(port.address, port.published ?? "", domains));
  const others = Object.entries(project.config.services).filter(([name, service]) => !served.has(name) && service["network_mode"] !== "host").flatMap(
    ([name, service]) => portsOf(service).filter(isOthers(name)).map((port) => ({ address: port.address, port: Number(port.published), owner: name }))
  );
  const front = (domains.size === 0 ? [] : [80, 443]).map(
    (port) => ({ address: void 0, port, owner: "the front for domains" })
  );
  const claims = [...front, ...routed, ...others];
  for (const [index, one] of claims.entries()) {
    const other = claims.slice(0, index).find((each) => each.owner !== one.owner && portsOverlap(each, one));
    if (other !== void 0) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.owner} and by ${one.owner}. Publish one of them on another port.`
      );
    }
  }
}
function portsOverlap(one, other) {
  return one.port === other.port && (isOnAllAddresses(one.address) || isOnAllAddresses(other.address) || one.address === other.address);
}

// src/release/compose/problems.ts
var Problems = class {
  #files;
  #problems = /* @__PURE__ */ new Map();
  /** @param files the Compose files, for the places of the problems */
  constructor(files = []) {
    this.#files = files;
  }
  /** @param path the keys that lead to it in the file: `'services', 'web', 'ports'` */
  add(problem, ...path) {
    this.#problems.set(problem, path);
  }
  /** @throws ConfigurationError with all problems */
  throwIfAny() {
    if (this.#problems.size === 0) return;
    const places = [...this.#problems].flatMap(
      ([problem, path]) => path.length === 0 ? [] : [{ files: this.#files, path, problem }]
    );
    throw new ConfigurationError([...this.#problems.keys()].join("\n"), { places });
  }
};

// src/release/compose/reject-unsupported.ts
var LOCAL_FILE_ADVICE = "if it is for local work only, move it to compose.override.yaml, which is not deployed";
function rejectRunnerPaths(resolved, problems) {
  for (const path of resolved.refusedMounts) {
    const instead = path.kind === "file" ? `make it a secret (secrets: with file: ${path.written}) or a config (configs: with file: ${path.written}, target: ${path.target}), copy it into the image` : "copy it into the image (COPY in the Dockerfile), use a named volume for data, :ro for a small folder of text files, or an absolute path of the server";
    problems.add(
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on the runner and not on a server, and Sealift does not copy it: ${path.reason}. Instead: ${instead}; or ${LOCAL_FILE_ADVICE}.`,
      "services",
      path.service,
      "volumes"
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeBindDevice(spec);
    if (device === void 0) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on the runner and not on a server. Remove driver_opts for a plain volume, or give an absolute path of the server.`,
      "volumes",
      name
    );
  }
}
function rejectModels(config, problems) {
  for (const [name, service] of Object.entries(config.services)) {
    for (const key of ["models", "provider"]) {
      if (service[key] === void 0) continue;
      problems.add(
        `compose-file: service ${name} uses ${key}:, which runs on the machine that calls Compose and not on a server. Run it as a container of its own.`,
        "services",
        name,
        key
      );
    }
  }
}

// src/release/compose/cross-project-refs.ts
var NAMESPACE_KEYS = ["network_mode", "pid", "ipc"];
function withAccessoryRefs(project, base, service) {
  const isAccessory = (name) => name !== void 0 && project.accessories.includes(name);
  const container = (name) => asText(project.service(name)["container_name"]) ?? `${base}-${name}-1`;
  const links = linksOf(service);
  const externalLinks = links.filter((link2) => isAccessory(link2.service) && link2.alias !== link2.service).map((link2) => `${container(link2.service)}:${link2.alias}`);
  const namespaces = NAMESPACE_KEYS.map((key) => {
    const other = referencedService(service[key]);
    return [key, isAccessory(other) ? `container:${container(other)}` : service[key]];
  });
  return withoutUndefined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: filterDependencies(service, project.isReleased),
    links: undefinedIfEmpty(
      asStrings(service["links"]).filter((_, index) => project.isReleased(links[index]?.service ?? ""))
    ),
    external_links: undefinedIfEmpty([...asStrings(service["external_links"]), ...externalLinks]),
    volumes_from: undefinedIfEmpty(
      asStrings(service["volumes_from"]).map((from) => {
        const [name = "", ...mode] = from.split(":");
        return isAccessory(name) ? [`container:${container(name)}`, ...mode].join(":") : from;
      })
    )
  });
}
function withoutReleaseRefs(project, name, service, problems) {
  for (const key of NAMESPACE_KEYS) {
    const other = referencedService(service[key]);
    if (other !== void 0 && project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} gets a new container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`,
        "services",
        name,
        key
      );
    }
  }
  for (const from of asStrings(service["volumes_from"])) {
    const other = from.split(":", 1)[0] ?? "";
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} gets a new container with each release. Mount the same named volume in both.`,
        "services",
        name,
        "volumes_from"
      );
    }
  }
  return withoutUndefined({
    ...service,
    depends_on: filterDependencies(service, (other) => !project.isReleased(other)),
    links: undefinedIfEmpty(
      asStrings(service["links"]).filter((link2) => !project.isReleased(link2.split(":", 1)[0] ?? ""))
    )
  });
}
function filterDependencies(service, keep) {
  const all = asObject(service["depends_on"]);
  const kept = Object.keys(all).filter(keep);
  return kept.length === 0 ? void 0 : pickKeys(all, kept);
}
var undefinedIfEmpty = (values) => values.length === 0 ? void 0 : values;
function aliasesFromLinks(project, name) {
  return project.accessories.flatMap((accessory) => linksOf(project.service(accessory))).filter((link2) => link2.service === name && link2.alias !== name).map((link2) => link2.alias);
}
function withAliases(networks, names) {
  return mapValues(networks, (value) => {
    const options = asObject(value);
    const aliases = [.../* @__PURE__ */ new Set([...asStrings(options["aliases"]), ...names])];
    return aliases.length === 0 ? options : { ...withoutKeys(options, "aliases"), aliases };
  });
}

// src/release/compose/render-projects.ts
var NOT_DEPLOYED_KEYS = ["build", "develop", "profiles"];
function renderReleaseProject(project, base, keepsPorts, proxies, domains, inlined, problems) {
  const services = {};
  const files = [];
  for (const name of project.released.keys()) {
    const inlineFiles = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...inlineFiles);
    const rendered = withFileVolumes(renderReleasedService(project, base, name), inlineFiles);
    const service = withLabelsForTraefik(project, name, rendered, proxies);
    services[name] = keepsPorts(name) ? { ...service, ...portsKeptByService(project.service(name), domains) } : service;
  }
  const objects = { ...externalObjects(project.config, services), ...usedFileObjects(inlined, services) };
  return { compose: { services, ...objects }, files };
}
function withLabelsForTraefik(project, name, rendered, proxies) {
  if (proxies === void 0) {
    const network = onlyNetworkOf(project, project.service(name));
    return withCompleteTraefikLabels(name, rendered, network, () => onlyExposedPort(project.service(name)));
  }
  const upstreams = [...proxies.upstreams.get(name)?.values() ?? []];
  return upstreams.some(({ labels }) => labels !== void 0) ? withoutTraefikLabels(rendered) : rendered;
}
function onlyNetworkOf({ config }, service) {
  const all = Object.keys(networksOf(service) ?? {}).map((key) => {
    const { name, external } = asObject(config.networks?.[key]);
    return { name: asText(name) ?? key, external: external === true };
  });
  const chosen = all.length > 1 ? all.filter(({ external }) => external) : all;
  return chosen.length === 1 ? chosen[0]?.name : void 0;
}
function renderBaseProject(project, appEnvironment, { upstreamsOf: upstreamsOf2 }, inlined, problems) {
  const services = {};
  for (const name of project.accessories) {
    const service = withUpstreamNetworks(
      project,
      project.service(name),
      appEnvironment,
      upstreamsOf2.get(name) ?? []
    );
    rejectReadOnlyAccessory(name, service, problems);
    services[name] = withoutNullsAndExtensions(
      withoutKeys(withoutReleaseRefs(project, name, service, problems), ...NOT_DEPLOYED_KEYS)
    );
  }
  return {
    services,
    networks: {
      ...mapValues(project.config.networks ?? {}, asObject),
      ...Object.fromEntries(
        [...upstreamsOf2.values()].flat().map((upstream) => [upstreamKey(upstream), { name: upstreamNetwork(appEnvironment, upstream) }])
      )
    },
    volumes: mapValues(project.config.volumes ?? {}, asObject),
    ...usedFileObjects(inlined, services)
  };
}
function withUpstreamNetworks({ config }, service, appEnvironment, upstreams) {
  if (upstreams.length === 0) return service;
  const networks = networksOf(service) ?? {};
  const comesLater = Object.keys(networks).some((key) => {
    const { name, enable_ipv6: hasIpv6 } = asObject(config.networks?.[key]);
    return hasIpv6 === true || (asText(name) ?? key) < upstreamNetwork(appEnvironment, { network: "upstream-" });
  });
  const own = upstreams.map((upstream) => [upstreamKey(upstream), comesLater ? { gw_priority: 1 } : {}]);
  return { ...service, networks: { ...networks, ...Object.fromEntries(own) } };
}
function renderReleasedService(project, base, name) {
  const service = project.service(name);
  const dropped = [...NOT_DEPLOYED_KEYS, "pull_policy", "ports", "container_name", "image"];
  const networks = networksOf(service);
  const names = [...asStrings([service["container_name"]]), ...aliasesFromLinks(project, name)];
  return withoutUndefined({
    ...withoutNullsAndExtensions(withoutKeys(withAccessoryRefs(project, base, service), ...dropped)),
    ...restartPolicyOf(service),
    networks: networks === void 0 ? void 0 : withAliases(networks, names)
  });
}
function portsKeptByService(service, domains) {
  const ports = portsOf(service);
  const kept = asList(service["ports"]).filter((_, index) => {
    const { address, published = "" } = ports[index] ?? {};
    return !isFrontPort(address, published, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}
function restartPolicyOf(service) {
  const { restart_policy: policy, ...deploy } = asObject(service["deploy"]);
  if (policy === void 0) return {};
  const { condition = "no", max_attempts: attempts } = asObject(policy);
  const counted = condition === "on-failure" && typeof attempts === "number";
  const restart = counted ? `on-failure:${attempts}` : RESTART_POLICY_NAMES[String(condition)] ?? condition;
  return { restart, deploy };
}
var RESTART_POLICY_NAMES = { any: "always", none: "no" };
function withoutNullsAndExtensions(service) {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith("x-"))
  );
}

// src/release/compose/domain-backends.ts
var backendText = ({ service, port }) => `${service}:${port}`;
function domainBackends(project, domains, problems) {
  const found = /* @__PURE__ */ new Map();
  for (const [domain, target] of domains) {
    const backend = target === void 0 ? onlyBackend(domain, project, void 0, problems) : namedBackend(domain, target, project, problems);
    if (backend === void 0) continue;
    const key = backendText(backend);
    found.set(key, { ...backend, domains: [...found.get(key)?.domains ?? [], domain] });
  }
  return [...found.values()];
}
function namedBackend(domain, { service, port }, project, problems) {
  if (!project.isReleased(service)) {
    const released = [...project.released.keys()].join(", ");
    const what = project.accessories.includes(service) ? "an accessory" : "not in the Compose file";
    problems.add(
      `domains: ${domain} points to ${service}, which is ${what}. Released services: ${released}.`
    );
    return void 0;
  }
  if (networksOf(project.service(service)) === void 0) {
    const mode = String(project.service(service)["network_mode"]);
    problems.add(
      `domains: ${domain} points to ${service}, which the edge can't reach: network_mode: ${mode}. Remove network_mode.`
    );
    return void 0;
  }
  if (port === void 0) return onlyBackend(domain, project, service, problems);
  return { service, port: checkedPort(domain, service, port, project, problems) };
}
function checkedPort(domain, name, port, project, problems) {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  const known = [.../* @__PURE__ */ new Set([...published.map(({ target }) => target), ...exposedPortsOf(service)])];
  const [first] = known;
  if (first === void 0 || known.includes(port)) return port;
  const lines = known.map((each) => `${domain}=${name}:${each}`).join(" or ");
  problems.add(
    `domains: ${domain} points to ${name}:${port}, but according to the Compose file ${name} listens on ${known.join(", ")}. Write ${lines}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`
  );
  return first;
}
function onlyBackend(domain, project, service, problems) {
  const released = [...project.released.keys()];
  const reachable = (service === void 0 ? released : [service]).filter(
    (name) => networksOf(project.service(name)) !== void 0
  );
  const backendsOf = (portsIn) => reachable.flatMap((name) => [...new Set(portsIn(name))].map((port) => ({ service: name, port })));
  const published = backendsOf((name) => httpPortsOf(project.service(name)).map((port) => port.target));
  const choices = published.length > 0 ? published : backendsOf((name) => exposedPortsOf(project.service(name)));
  if (choices.length === 1) return choices[0];
  const subject = service === void 0 ? "the released services have" : `${service} has`;
  problems.add(
    choices.length === 0 ? `domains: ${subject} no port that ${domain} could point to. Write ${domain}=${service ?? released[0] ?? "service"}:port.` : `domains: ${subject} several ports that ${domain} could point to. Write ${choices.map((backend) => `${domain}=${backendText(backend)}`).join(" or ")}.`
  );
  return void 0;
}

// src/release/compose/route-ids.ts
function withRouteIds(routes) {
  const isOnly = routes.filter(hasOnlyDomains).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(compareByPort);
    const domainsId = isOnly && hasOnlyDomains(route) ? "domains" : `${route.service}-${route.containerPort}`;
    return { id: first === void 0 ? domainsId : addressId(first), ...route };
  });
}
var hasOnlyDomains = ({ published, domains }) => published.length === 0 && domains.length > 0;
var addressId = ({ address, port }) => address === void 0 || isOnAllAddresses(address) ? `${port}` : `${port}-${address.replaceAll(/[^\w.]/g, "_")}`;
var compareByPort = (one, other) => one.port - other.port || (addressId(one) < addressId(other) ? -1 : 1);

// src/release/compose/routes.ts
function routesOf(project, domains, { upstreams }, problems, notices) {
  const byDomain = domainBackends(project, domains, problems);
  const routes = withRouteIds(
    [...project.released.keys()].flatMap(
      (service) => serviceRoutes(
        service,
        project,
        byDomain,
        domains,
        upstreams.get(service) ?? /* @__PURE__ */ new Map(),
        problems,
        notices
      )
    )
  );
  checkPortConflicts(routes, project, domains, problems);
  return routes;
}
function serviceRoutes(service, project, byDomain, domains, upstreams, problems, notices) {
  const all = portsOf(project.service(service));
  const isExclusive = whyExclusive(project.service(service), project.isReleased, "caddy") !== void 0;
  if (isExclusive) {
    for (const { address, published = "" } of all)
      if (isFrontPort(address, published, domains)) notices.push(leftToFrontNotice(service, published));
  }
  const ports = isExclusive ? [] : httpPortsOf(project.service(service));
  const named = byDomain.filter((backend) => backend.service === service);
  const targets = /* @__PURE__ */ new Set([
    ...ports.map(({ target }) => target),
    ...named.map(({ port }) => port),
    ...upstreams.keys()
  ]);
  return [...targets].map((target) => {
    const backend = { service, port: target };
    const portsToTarget = ports.filter((port) => port.target === target);
    const own = named.find(({ port }) => port === target)?.domains ?? [];
    const upstream = upstreams.get(target);
    if (own.length === 0 && upstream === void 0)
      checkBackendReachable(backend, portsToTarget, domains, problems);
    const published = publishedPortsOf(backend, portsToTarget, domains, notices);
    const protocol = protocolOf(backend, portsToTarget, problems);
    return {
      ...{ service, containerPort: target, published, domains: own },
      ...protocol === void 0 ? {} : { protocol },
      ...upstream === void 0 ? {} : { upstream }
    };
  });
}
function protocolOf({ service, port }, ports, problems) {
  const protocols = [...new Set(ports.map(routeProtocolOf))];
  if (protocols.length > 1) {
    problems.add(
      `compose-file: port ${port} of service ${service} is published with several values of app_protocol. Set the same on all of them.`,
      "services",
      service,
      "ports"
    );
  }
  return protocols[0];
}
function publishedPortsOf(backend, ports, domains, notices) {
  const kept = [];
  for (const { address, published } of ports) {
    const port = Number(published);
    if (published === void 0 || kept.some((other) => other.port === port && other.address === address))
      continue;
    if (isFrontPort(address, published, domains)) {
      const notice2 = leftToFrontNotice(backend.service, published);
      if (!notices.includes(notice2)) notices.push(notice2);
    } else kept.push({ address, port });
  }
  if (domains.size === 0 && kept.some(({ port }) => port === 443)) notices.push(plainHttpNotice(backend));
  return kept;
}
function leftToFrontNotice(service, port) {
  return `${service}: its port ${port} is left to the front, the proxy that serves this host's domains on 80 and 443.`;
}
function plainHttpNotice({ service, port }) {
  return `${service}: port 443 points to ${port} as plain HTTP. If ${service} terminates TLS itself, set app_protocol: https on that port (its old container then stops before the new one starts); for automatic certificates use the input "domains".`;
}
function checkBackendReachable(backend, ports, domains, problems) {
  if (ports.every(({ published }) => published === void 0)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input "domains": app.example.com=${backendText(backend)}), or use expose: if only other services use it.`,
      "services",
      backend.service,
      "ports"
    );
  } else if (ports.every(
    ({ address, published }) => published === void 0 || isFrontPort(address, published, domains)
  )) {
    const taken = ports.map(({ published }) => published).join(" and ");
    problems.add(
      `domains: ${backendText(backend)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${backendText(backend)}) or another port.`
    );
  }
}

// src/release/compose/split-project.ts
function splitProject(resolved, appEnvironment, domains, edge) {
  const problems = new Problems(resolved.files);
  const notices = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectModels(resolved.config, problems);
  const project = classifyServices(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();
  const hasEdge = edge !== "none";
  const proxies = hasEdge ? findOwnProxies(project, resolved.contents) : NO_PROXIES;
  const routes = hasEdge ? routesOf(project, domains, proxies, problems, notices) : [];
  if (!hasEdge) checkPortConflicts([], project, /* @__PURE__ */ new Map(), problems);
  const hasRoute = (name) => hasEdge ? routes.some((route) => route.service === name) : externalProxyOf(project.service(name)) !== void 0;
  const roles = rolesOf(project, hasRoute, edge);
  const order = accessoryOrderOf(project, roles);
  const inlined = inlineContents(resolved.config, resolved.contents, problems);
  const keepsPorts = (name) => !hasEdge || roles.get(name)?.role === "exclusive";
  const split = {
    app: appEnvironment.app,
    environment: appEnvironment.environment,
    placeholder: resolved.placeholder,
    services: splitServicesOf(project, roles, problems),
    routes,
    recreateReason: whyRecreateAll(project, roles),
    ...renderReleaseProject(
      project,
      baseProject(appEnvironment),
      keepsPorts,
      hasEdge ? proxies : void 0,
      domains,
      inlined,
      problems
    ),
    base: renderBaseProject(project, appEnvironment, proxies, inlined, problems),
    conditions: accessoryConditionsOf(project),
    lateAccessories: order.late,
    accessoryRounds: order.rounds,
    accessoryEndings: accessoryEndingsOf(project),
    confidential: inlined.values,
    buildOnly: project.buildOnly,
    notices: [...notices, ...composeNoticesOf(project, roles, proxies, edge)]
  };
  problems.throwIfAny();
  return split;
}
function splitServicesOf(project, roles, problems) {
  const services = {};
  for (const [name, role] of roles) {
    const service = project.service(name);
    const replicas = replicasOf(service);
    if (role.role === "served") checkReplicas(name, replicas, problems);
    const update = updateConfigOf(name, service, problems);
    const containerName2 = asText(service["container_name"]);
    services[name] = {
      name,
      ...role,
      replicas,
      imageKey: project.released.get(name) ?? name,
      ...update === void 0 ? {} : { update },
      ...containerName2 === void 0 ? {} : { containerName: containerName2 }
    };
  }
  return services;
}
function checkReplicas(name, replicas, problems) {
  if (replicas > MAX_SERVED_REPLICAS) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, but the edge can serve at most ${MAX_SERVED_REPLICAS} on a host. Lower deploy.replicas, or add hosts.`,
      "services",
      name,
      "deploy",
      "replicas"
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} has a route but no replicas. Set deploy.replicas to 1 or more.`,
      "services",
      name,
      "deploy",
      "replicas"
    );
  }
}

// src/release/hooks.ts
function parseHooks(release, input, lines) {
  const names = Object.keys(release.services);
  return lines.map(({ service, command }) => ({
    service: hookService(service, command, names, input),
    argv: splitCommand(command, input)
  }));
}
function hookService(service, command, names, input) {
  if (names.includes(service)) return service;
  const [only, ...others] = names;
  if (service === "" && only !== void 0 && others.length === 0) return only;
  throw new ConfigurationError(
    service === "" ? `${input}: the release has several services (${names.join(", ")}). Write in which service's container the command runs: ${only ?? "service"}=${command}` : `${input}: the release has no service "${service}", only ${names.join(", ")}. If "${service}=" belongs to the command, write env ${service}=… in front of it.`
  );
}

// src/release/reuse-release.ts
function reuseLiveReleaseId(release, hosts) {
  const accepted = new Set(hosts.map((host) => host.accepted));
  const forced = hosts.flatMap((host) => host.releases).find(({ id, record }) => accepted.has(id) && record?.contentId === release.id);
  return forced === void 0 ? release : { ...release, id: forced.id, contentId: release.id };
}

// src/release/rollback-workflow.ts
import { readFile as readFile6 } from "node:fs/promises";
import { join as join14 } from "node:path";

// src/model/yaml-lines.ts
var KEY = /^(?<indent> *)(?<quote>["']?)(?<key>[^\s#"'][^"':#]*?|[^"']+)\k<quote> *:(?: |$)/;
function keysAt(lines, path) {
  let [from, to, parent] = [0, lines.length, -1];
  for (const key of path) {
    const found = keysWithin(lines, from, to, parent).find((each) => each.key === key);
    if (found === void 0) return [];
    [from, to, parent] = [found.line, endOfBlock(lines, found), found.indent];
  }
  return keysWithin(lines, from, to, parent);
}
function keysWithin(lines, from, to, parent) {
  let level;
  const keys = [];
  for (const [index, text] of lines.slice(from, to).entries()) {
    if (/^\s*(?:#|$)/.test(text)) continue;
    const indent = text.search(/\S/);
    level ??= indent;
    if (level <= parent) return [];
    const key = KEY.exec(text)?.groups?.["key"];
    if (indent === level && key !== void 0) keys.push({ line: from + index + 1, indent, key });
  }
  return keys;
}
function endOfBlock(lines, { line, indent }) {
  const next = lines.findIndex(
    (text, index) => index >= line && !/^\s*(?:#|$)/.test(text) && text.search(/\S/) <= indent
  );
  return next < 0 ? lines.length : next;
}
function lineOfKey(yaml, path) {
  const lines = yaml.split(/\r?\n/);
  for (let length = path.length; length > 0; length -= 1) {
    const key = path[length - 1];
    const found = keysAt(lines, path.slice(0, length - 1)).find((each) => each.key === key);
    if (found !== void 0) return found.line;
  }
  return void 0;
}
function keysOfMapping(yaml, path) {
  return keysAt(yaml.split(/\r?\n/), path).map(({ key }) => key);
}
function linesOfKey(yaml, path) {
  const lines = yaml.split(/\r?\n/);
  const found = keysAt(lines, path.slice(0, -1)).find(({ key }) => key === path.at(-1));
  if (found === void 0) return [];
  return lines.slice(found.line, endOfBlock(lines, found)).map((text, index) => ({ number: found.line + index + 1, text }));
}

// src/release/rollback-workflow.ts
var WORKFLOW_FILE = "rollback.yml";
async function findRollbackWorkflow(workspace) {
  const text = await readFile6(join14(workspace, ".github/workflows", WORKFLOW_FILE), "utf8").catch(() => "");
  const on = keysOfMapping(text, ["on"]);
  if (!on.includes("workflow_dispatch")) return void 0;
  return { file: WORKFLOW_FILE, inputs: keysOfMapping(text, ["on", "workflow_dispatch", "inputs"]) };
}

// src/release/trusted-proxies.ts
function withTrustedProxies(release, trustedProxies) {
  const { trustedProxies: _, ...others } = release;
  return trustedProxies === void 0 ? others : { ...others, trustedProxies };
}
function trustedProxiesOf(hosts) {
  const accepted = hosts.flatMap((host) => host.releases.filter(({ id }) => id === host.accepted));
  return accepted.flatMap(({ record }) => record?.trustedProxies ?? [])[0];
}

// src/rollout/compose-projects.ts
function composeProjectsOf(containers, volumes) {
  const ownContainers2 = Map.groupBy(
    containers.filter((each) => !isOneOff(each)),
    projectOf
  );
  const ownVolumes = Map.groupBy(volumes, projectOf);
  const names = new Set([...ownContainers2.keys(), ...ownVolumes.keys()].filter((name) => name !== void 0));
  return [...names].sort().map((name) => {
    const found = ownContainers2.get(name) ?? [];
    return {
      name,
      folder: found.map(({ labels }) => labels["com.docker.compose.project.working_dir"]).find(Boolean),
      containers: found.map(projectContainer),
      volumes: Object.fromEntries(
        (ownVolumes.get(name) ?? []).map((each) => [
          each.labels["com.docker.compose.volume"] ?? each.name,
          each.name
        ])
      )
    };
  });
}
function projectOf({ labels }) {
  const isOwn = Object.hasOwn(labels, LABEL.app) || labels[LABEL.role] === OWN_ROLE.front;
  return isOwn ? void 0 : labels["com.docker.compose.project"];
}
function projectContainer(container) {
  const { name, state, ports, volumes } = container;
  const published = ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
  return {
    ...{ name, service: serviceOf(container) ?? name, volumes },
    running: ["running", "restarting", "paused"].includes(state),
    ports: [...new Set(published)]
  };
}

// src/rollout/observe-host.ts
async function observeHost(engine, appEnvironment) {
  const { app, environment } = appEnvironment;
  const containers = await engine.listContainers([]);
  const own = containers.filter(
    ({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment
  );
  const workloads = own.filter((each) => !hasOwnRole(each, "records", "edge", "probe") && !isOneOff(each));
  const [files, details, volumes] = await Promise.all([
    readState(engine, appEnvironment, own),
    inspectAll(engine, workloads),
    engine.listVolumes([])
  ]);
  const records = recordsFromFiles(files);
  const accepted = lastAcceptedRelease(records.history);
  const edge = edgeState(own);
  const front = frontAmong(containers);
  return {
    records,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === "running",
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, details, records),
      accessories: details.filter(({ labels }) => labels[LABEL.release] === void 0).map((each) => ({ ...observedContainer(each), networks: Object.keys(each.networks) })),
      history: records.history,
      foreignPorts: foreignPorts(containers.filter((each) => !own.includes(each) && each !== front)),
      composeProjects: composeProjectsOf(containers, volumes),
      volumeNames: volumes.map(({ name }) => name)
    }
  };
}
function observedContainer(details) {
  const { name, state, exitCode, labels } = details;
  const health = details.health?.status;
  return {
    name,
    service: serviceOf(details) ?? name,
    state,
    health: health === "none" ? void 0 : health,
    ...details.health?.unchecked ? { unchecked: true } : {},
    exitCode: state === "exited" || state === "dead" ? exitCode : void 0,
    ...restartPolicyState(details),
    definitionFingerprint: labels[LABEL.definition]
  };
}
function restartPolicyState(details) {
  if (intendedRestartPolicy(details) === void 0) return {};
  const disabled = details.restartPolicy === "no";
  if (isStopped(details)) return { restartPolicyState: disabled ? "disabled" : "not-disabled" };
  return disabled ? { restartPolicyState: "missing" } : {};
}
function observedReleases(appEnvironment, details, { releases, history }) {
  const ids = /* @__PURE__ */ new Set([
    ...releases.map(({ id }) => id),
    ...details.flatMap((each) => releaseIdOn(each) ?? [])
  ]);
  return [...ids].map((id) => {
    const containers = details.filter((each) => releaseIdOn(each) === id);
    const networks = containers.flatMap((each) => Object.keys(each.networks));
    const record = releases.find((each) => each.id === id);
    const ended = record === void 0 ? [] : endedServices(record, history);
    return {
      id,
      containers: containers.map(observedContainer),
      slot: commonSlot(appEnvironment, networks),
      record,
      ...ended.length > 0 ? { ended } : {},
      edgeFingerprint: record && requiredEdgeFingerprint(record)
    };
  });
}
function commonSlot(appEnvironment, networks) {
  const slots = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
  return slots.length === 1 ? slots[0] : void 0;
}
function foreignPorts(containers) {
  return new Map(
    containers.flatMap(
      ({ name, ports }) => ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => [port, name])
    )
  );
}

// src/rollout/fleet.ts
var Fleet = class {
  #destination;
  #step;
  #engines;
  constructor(destination, step2, engines) {
    this.#destination = destination;
    this.#step = step2;
    this.#engines = engines;
  }
  get engines() {
    return this.#engines;
  }
  /** @throws as `openFleet` does, for all hosts that can't be observed */
  observe() {
    return onEveryHost(this.#engines, (engine) => observeHost(engine, this.#destination));
  }
  /** Connects again if a connection was lost in the meantime, for instance during a long build. */
  async reconnect() {
    if (!this.#engines.some((engine) => engine.disconnected.aborted)) return;
    await closeEngines(this.#engines);
    this.#engines = [];
    this.#engines = await connectAll(this.#destination, this.#step);
  }
  async [Symbol.asyncDispose]() {
    await closeEngines(this.#engines);
  }
};
async function openFleet(destination, step2) {
  return new Fleet(destination, step2, await connectAll(destination, step2));
}
var connectAll = (destination, step2) => onEveryHost(
  destination.hosts,
  (address) => connect(address, destination.access, step2, destination.networkRange),
  closeEngines
);
async function onReachableHosts(destination, step2, operation) {
  const ended = await Promise.all(
    destination.hosts.map(async (address) => {
      try {
        var _stack = [];
        try {
          const engine = __using(_stack, await connect(address, destination.access, step2), true);
          return { result: await operation(engine) };
        } catch (_) {
          var _error = _, _hasError = true;
        } finally {
          var _promise = __callDispose(_stack, _error, _hasError);
          _promise && await _promise;
        }
      } catch (error2) {
        return { failure: { host: address.name, error: error2 } };
      }
    })
  );
  return {
    results: ended.flatMap((each) => "result" in each ? [each.result] : []),
    failures: ended.flatMap((each) => "failure" in each ? [each.failure] : [])
  };
}
var observeHosts = (destination, step2) => onReachableHosts(destination, step2, (engine) => observeHost(engine, destination));
async function closeEngines(engines) {
  await Promise.allSettled(engines.map((engine) => engine[Symbol.asyncDispose]()));
}
async function onEveryHost(items, operation, cleanUp) {
  const settled = await Promise.allSettled(items.map(operation));
  const results = settled.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  const failures = settled.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `${failures.length} of ${items.length} hosts can't be used: ${failures.map(messageOf).join(" · ")}`,
    { evidence: failures.flatMap((error2) => error2 instanceof SealiftError ? error2.evidence : []) }
  );
}

// src/commands/deliver.ts
async function deliver(request6, context) {
  var _stack = [];
  try {
    const { destination, options } = request6;
    context.report.set({
      app: destination.app,
      environment: destination.environment,
      rollbackWorkflow: await findRollbackWorkflow(process.cwd())
    });
    const approval = await requireApproval(request6, options.dryRun, context);
    const connection = __using(_stack, openInBackground(openFleet(destination, context)), true);
    const readingFile = inBackground(group("Read the Compose file", () => readComposeFile(request6, context)));
    const imageLookup = __using(_stack, startImageLookup(request6, readingFile, options, context), true);
    const { split: file, composePlugin, projectName } = await readingFile;
    const fleet = await group("Connect", () => connection.opened);
    const hooks = {
      before: parseHooks(file, "before-release", options.beforeRelease),
      after: parseHooks(file, "after-release", options.afterRelease)
    };
    const strategy = chooseStrategy(file, options.strategy);
    const found = await fleet.observe();
    const names = [destination.app, projectName, context.commit.repository?.split("/")[1]];
    const adoption = planAdoption(
      found.map(({ host }) => host),
      file,
      names.filter((name) => name !== void 0),
      options.adopt
    );
    for (const notice2 of adoption.notices) context.log.notice(notice2);
    const split = withAdoptedVolumes(file, adoption.volumes);
    await preflight(fleet.engines, found, split, adoption.projects);
    const rejectStaleCommit = staleCommitCheckOf(request6, context);
    if (request6.source.kind === "build")
      await rejectStaleCommit(
        context.commit.sha,
        found.map(({ host }) => liveOriginOf(host))
      );
    const images = await imageLookup.resolve();
    const made = makeRelease(
      split,
      images.images,
      options.health,
      originOf(context, images, request6.source),
      options.force
    );
    const newRelease = withTrustedProxies(made, options.trustedProxies);
    context.report.set({ release: newRelease.id, revision: newRelease.origin.revision });
    await fleet.reconnect();
    const lock = __using(_stack, await lockHosts(
      fleet.engines,
      destination,
      options.dryRun ? void 0 : options.lockTimeout,
      context
    ), true);
    const observations = await fleet.observe();
    const hosts = observations.map(({ host }) => host);
    await rejectStaleCommit(newRelease.origin.revision, hosts.map(liveOriginOf));
    const release = options.force ? newRelease : reuseLiveReleaseId(newRelease, hosts);
    context.report.set({ release: release.id });
    await deployRelease({
      fleet,
      lock,
      destination,
      observations,
      release,
      strategy,
      keep: options.keep,
      command: "deploy",
      bake: options.bake,
      limits: options.limits,
      updateAccessories: options.accessories === "update",
      adopts: adoption.projects,
      hooks,
      waves: options.waves,
      options,
      confidential: /* @__PURE__ */ new Map([[release.id, split.confidential]]),
      environment: () => Promise.resolve(images.environment),
      composePlugin: () => Promise.resolve(composePlugin),
      approval,
      context
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
var staleCommitCheckOf = ({ gate: gate2, allowDowngrade }, context) => createStaleCommitCheck(gate2.token, allowDowngrade, {
  ...githubOptions(context),
  repository: context.commit.repository,
  workspace: process.cwd()
});
async function readComposeFile({ destination, source, options }, context) {
  const { log } = context;
  const repository = source.kind === "build" ? source.repository : source.images.get("")?.repository ?? destination.app;
  if (options.compose.files === void 0) {
    log.info("There is no Compose file, so this one is used:");
    const lines = minimalComposeFile(destination.app, options.compose).trimEnd().split("\n");
    for (const line of lines) log.info(`  ${line}`);
  }
  const file = await resolveComposeFile(options.compose, destination, repository, context);
  const split = splitProject(file.resolved, destination, options.compose.domains, options.edge);
  if (source.kind === "existing") rejectUnknownServices(split, source.images.keys());
  for (const notice2 of split.notices) log.notice(notice2);
  return { ...file, split, projectName: file.resolved.projectName };
}
function originOf({ commit }, { tags, revision }, source) {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  return { revision, ref, actor, runUrl, repository, registry, tags, createdAt: (/* @__PURE__ */ new Date()).toISOString() };
}

// src/cluster/execute-release.ts
async function executeRelease(cluster, deployment, progress, signal) {
  const run2 = new StepRunner(progress);
  const wait = { signal, onProgress: (line) => progress.onWait(line) };
  const { release, hooks, verify, records } = deployment;
  try {
    await run2.step(
      "prepare",
      "create what is missing of secrets and configs",
      () => cluster.prepare(release, deployment.contents)
    );
    for (const hook of hooks.before)
      await run2.step(
        "before-release",
        hookText(hook),
        () => cluster.runHook(release, { ...hook, when: "before" }, wait)
      );
    signal.throwIfAborted();
  } catch (failure) {
    await removeLeftovers(cluster, deployment);
    return { kind: "untouched", steps: run2.steps, failure, evidence: [], undoFailure: void 0 };
  }
  try {
    await run2.step("start", `deploy ${release.id}`, async () => {
      await cluster.apply(release, wait);
      return void 0;
    });
    await run2.step("check", `wait until ${release.id} runs, whole`, () => cluster.converge(release, wait));
    if (verify !== void 0) await run2.step("verify", "ask url", () => verify(signal));
    signal.throwIfAborted();
    await run2.step("accept", `record ${release.id} as accepted`, async () => {
      await cluster.record(nextDocument(records, release, deployment.entryFor("accepted")));
      return void 0;
    });
  } catch (failure) {
    const evidence = await cluster.evidence(release);
    return await goBack(cluster, deployment, run2, progress, failure, evidence);
  }
  return { kind: "accepted", steps: run2.steps, warnings: await finish(cluster, deployment, run2, wait) };
}
var hookText = ({ service, argv }) => `run ${argv[0] ?? ""} in ${service}`;
async function removeLeftovers(cluster, { records, keep }) {
  await cluster.prune(records, keptReleases(records, keep)).catch(() => void 0);
}
async function goBack(cluster, deployment, run2, progress, failure, evidence) {
  const { previous, release, records, keep } = deployment;
  const wait = {
    signal: new AbortController().signal,
    onProgress: (line) => progress.onWait(line)
  };
  const undo = true;
  try {
    if (previous !== void 0) {
      const back = async () => {
        await cluster.prepare(previous, []);
        await cluster.apply(previous, wait);
      };
      await run2.step("start", `deploy ${previous.id} again`, back, undo);
    }
    await run2.step(
      "retire",
      `remove what only ${release.id} has`,
      async () => removedText(await cluster.removeOthers(previous)),
      undo
    );
    if (previous !== void 0) {
      const check = () => cluster.converge(previous, wait);
      await run2.step("check", `wait until ${previous.id} runs, whole`, check, undo);
    }
  } catch (undoFailure) {
    await recordFailure(cluster, deployment);
    return { kind: "broken", steps: run2.steps, failure, evidence, undoFailure };
  }
  const after = await recordFailure(cluster, deployment) ?? records;
  await cluster.prune(after, keptReleases(after, keep)).catch(() => void 0);
  return { kind: "restored", steps: run2.steps, failure, evidence, undoFailure: void 0 };
}
async function recordFailure(cluster, { records, release, entryFor }) {
  const document = nextDocument(records, release, entryFor("rolled-back"));
  try {
    await cluster.record(document);
    return withDocument(records, document);
  } catch {
    return void 0;
  }
}
async function finish(cluster, { release, records, keep, hooks, entryFor }, run2, wait) {
  const warnings = [];
  const attempt = async (stage, text, action) => {
    try {
      await run2.step(stage, text, action);
    } catch (error2) {
      warnings.push(`${text}: ${messageOf(error2)}`);
    }
  };
  const after = withDocument(records, nextDocument(records, release, entryFor("accepted")));
  await attempt(
    "retire",
    `remove what only earlier releases have`,
    async () => [
      removedText(await cluster.removeOthers(release)),
      await cluster.prune(after, keptReleases(after, keep))
    ].join("; ")
  );
  for (const hook of hooks.after)
    await attempt(
      "after-release",
      hookText(hook),
      () => cluster.runHook(release, { ...hook, when: "after" }, wait)
    );
  return warnings;
}
var withDocument = ({ documents }, document) => clusterRecords([...documents, document].map(documentText));
var removedText = (names) => names.length === 0 ? "no workload to remove" : `removed ${joinWithAnd(names)}`;
var StepRunner = class {
  steps = [];
  #progress;
  #startedAt = performance.now();
  constructor(progress) {
    this.#progress = progress;
  }
  /** @throws what the action throws, after the step is reported */
  async step(stage, text, action, undo = false) {
    const at = performance.now() - this.#startedAt;
    this.#progress.onStepStart(text);
    const end = (ok, note) => {
      const step2 = { stage, text, at, took: performance.now() - this.#startedAt - at, ok, undo, note };
      this.steps.push(step2);
      this.#progress.onStepEnd(step2);
    };
    try {
      end(true, await action());
    } catch (error2) {
      end(false, error2 instanceof SealiftError ? error2.message : messageOf(error2));
      throw error2;
    }
  }
};

// src/cluster-deployment.ts
async function deployToCluster(request6) {
  const { cluster, orchestrator, found, release, contents, hooks, keep, options, context } = request6;
  const { records } = found;
  const live = acceptedRelease(records);
  const reported = {
    ...{ host: cluster.host, orchestrator, release, context },
    previous: live?.id
  };
  const plan = cluster.plan(release, found);
  reportClusterPlan(
    { ...reported, previous: releaseBefore(records.history, release.id) },
    plan,
    found,
    options.dryRun
  );
  if (options.dryRun || plan.changes.length === 0) return;
  const verb = request6.command === "rollback" ? "Roll back to" : "Deploy";
  const outcome = await group(
    `${verb} ${release.id}`,
    () => executeRelease(
      cluster,
      {
        ...{ release, previous: live, contents, records, hooks, keep },
        verify: clusterUrlCheck(request6),
        entryFor: (event) => historyEntry(request6, event, live?.id)
      },
      clusterProgress(context),
      context.signal
    )
  );
  reportClusterOutcome(reported, outcome);
}
function clusterUrlCheck({
  options: { url },
  context
}) {
  if (url === void 0) return void 0;
  context.report.set({ environmentUrl: url.url });
  return async (signal) => {
    const answer = await checkUrl(url, signal).catch((error2) => {
      context.report.set({ answer: "did not answer as expected" });
      throw error2;
    });
    context.report.set({ answer });
    return `${url.url} answered ${answer}`;
  };
}
function historyEntry({ release, command, approval, context }, event, previous) {
  const { report, triggeredBy } = context;
  const at = /* @__PURE__ */ new Date();
  return {
    ...{ at: at.toISOString(), event, command, release: release.id, previous, ...triggeredBy },
    revision: release.origin.revision,
    durationMs: at.getTime() - Date.parse(report.current.startedAt),
    approval
  };
}

// src/image/other-images.ts
async function resolveOtherImages(references, context) {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]) => {
      const { repository, tag = "latest", digest } = parseImageReference(reference, "compose-file");
      if (digest !== void 0) return [service, pinnedImage(repository, digest)];
      const name = `${repository}:${tag}`;
      const remote = await registry.inspect(name);
      if (remote === void 0) {
        throw new ConfigurationError(
          `compose-file: the image ${name} of service ${service} was not found in its registry. Check its name and tag.`
        );
      }
      const image = pinnedImage(repository, remote.digest);
      context.log.info(`${name} is ${image}.`);
      return [service, image];
    })
  );
  return new Map(resolved);
}

// src/release/stack/make-stack-release.ts
import { createHash as createHash9 } from "node:crypto";

// src/release/stack/content-objects.ts
import { createHash as createHash8 } from "node:crypto";
var OBJECT_LIMITS = { secret: 500 * 1024, config: 1e3 * 1024 };
var MAX_NAME_LENGTH = 64;
function contentObjects({ secrets = {}, configs = {} }, contents, project) {
  const made = /* @__PURE__ */ new Map();
  const each = (kind) => (spec, key) => {
    if (spec["external"] === true) return { external: true, name: asText(spec["name"]) ?? key };
    const content = contents.get(`${kind}:${key}`) ?? unescapeDollars(asText(spec["content"]) ?? "");
    const name = contentName(project, key, content);
    made.set(`${kind}:${name}`, { kind, name, content });
    return { external: true, name };
  };
  return {
    secrets: mapValues(secrets, each("secret")),
    configs: mapValues(configs, each("config")),
    contents: [...made.values()]
  };
}
function contentName(project, key, content) {
  const hash = createHash8("sha256").update(`${key}
${content}`).digest("hex").slice(0, 8);
  const room = MAX_NAME_LENGTH - project.length - hash.length - 2;
  return `${project}_${key.slice(0, Math.max(room, 1))}_${hash}`;
}
function whyNotStorable({
  kind,
  content
}) {
  if (content === "") return "is empty, which a swarm refuses. Give it a content, or remove it.";
  if (content.includes("�"))
    return "is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.";
  const bytes = Buffer.byteLength(content);
  return bytes > OBJECT_LIMITS[kind] ? `has ${Math.ceil(bytes / 1024)} KiB, but a swarm takes at most ${OBJECT_LIMITS[kind] / 1024} KiB. Copy it into the image.` : void 0;
}

// src/release/stack/make-stack-release.ts
function makeStackRelease(project, { built, others }, health, origin, force = false) {
  const { app, environment } = project;
  const images = imagesOfServices(project.services, built);
  const replace = placeholderReplacer(project, built);
  const file = asStackSections(mapStrings(project.compose, replace));
  const { contents, ...objects } = contentObjects(file, project.contents, baseProject(project));
  const services = mapValues(file.services, (service, name) => ({
    ...service,
    image: images[name] ?? others.get(name) ?? service["image"]
  }));
  const definition = { ...file, services, ...objects };
  const plain = stackReleaseId({ app, environment, definition });
  const id = force ? stackReleaseId({ plain, at: origin.createdAt }) : plain;
  const release = {
    ...{ id, app, environment, health, origin },
    services: mapValues(services, (_, name) => clusterService(project, name, images, others)),
    definition: {
      ...definition,
      services: mapValues(
        services,
        (service) => withSealiftLabels({ app, environment, id }, service, objects, force)
      )
    }
  };
  return { release, contents };
}
var stackReleaseId = (content) => parseReleaseId(createHash9("sha256").update(canonicalJson(content)).digest("hex").slice(0, 8));
function asStackSections(value) {
  const file = asObject(value);
  const section = (key) => mapValues(asObject(file[key]), asObject);
  return {
    services: section("services"),
    networks: section("networks"),
    volumes: section("volumes"),
    secrets: section("secrets"),
    configs: section("configs")
  };
}
function clusterService(project, name, images, others) {
  const image = images[name] ?? others.get(name);
  if (image === void 0) throw new Error(`Service ${name} has no image.`);
  return { name, image, reference: project.otherImages[name] };
}
function withSealiftLabels(release, service, objects, force) {
  const deploy = asObject(service["deploy"]);
  const own = labelsOf(release);
  const mark2 = { [LABEL.release]: release.id };
  const fingerprint = stackServiceFingerprint(service, objects);
  return {
    ...service,
    labels: {
      ...asObject(service["labels"]),
      ...own,
      [LABEL.definition]: force ? `${fingerprint}-${release.id}` : fingerprint
    },
    deploy: { ...deploy, labels: { ...asObject(deploy["labels"]), ...own, ...mark2 } }
  };
}
function stackServiceFingerprint(service, { secrets, configs }) {
  const deploy = withoutKeys(
    asObject(service["deploy"]),
    ...["replicas", "placement", "update_config", "rollback_config", "labels"]
  );
  const names = [
    ...asList(service["secrets"]).map((use) => secrets[fileObjectName(use)]?.["name"]),
    ...asList(service["configs"]).map((use) => configs[fileObjectName(use)]?.["name"])
  ];
  const content = canonicalJson([{ ...service, deploy }, names]);
  return createHash9("sha256").update(content).digest("hex").slice(0, 12);
}

// src/release/stack/stack-service.ts
var APPLIED_KEYS = [
  "cap_add",
  "cap_drop",
  "command",
  "configs",
  "credential_spec",
  "deploy",
  "dns",
  "dns_search",
  "entrypoint",
  "environment",
  "extra_hosts",
  "healthcheck",
  "hostname",
  "image",
  "init",
  "isolation",
  "labels",
  "logging",
  "networks",
  "oom_score_adj",
  "ports",
  "read_only",
  "secrets",
  "stdin_open",
  "stop_grace_period",
  "stop_signal",
  "sysctls",
  "tmpfs",
  "tty",
  "ulimits",
  "user",
  "volumes",
  "working_dir"
];
var DROPPED_KEYS = [
  "build",
  "depends_on",
  "develop",
  "expose",
  "profiles",
  "pull_policy",
  "restart",
  "scale"
];
var ADVICE = {
  container_name: "Remove it: other services reach this one by the name of the service",
  cpus: "Write deploy.resources.limits.cpus",
  links: "Remove it: services on the same network find each other by name; for another name write networks with aliases",
  mem_limit: "Write deploy.resources.limits.memory",
  mem_reservation: "Write deploy.resources.reservations.memory",
  network_mode: "Write networks: with a network that has name: host and external: true",
  pids_limit: "Write deploy.resources.limits.pids",
  pre_stop: "Handle stop_signal in the program",
  post_start: "Do it when the program starts"
};
function stackService(name, service, problems) {
  for (const key of Object.keys(service)) {
    const known = [...APPLIED_KEYS, ...DROPPED_KEYS].includes(key) || key.startsWith("x-");
    if (known || service[key] === null || service[key] === false) continue;
    const advice = ADVICE[key] ?? "Remove it, or deploy this app with orchestrator: docker";
    problems.add(
      `compose-file: service ${name} has ${key}:, which a swarm does not have. ${advice}.`,
      "services",
      name,
      key
    );
  }
  const applied = pickKeys(service, APPLIED_KEYS);
  const written = Object.entries(applied).filter(([, value]) => value !== null);
  return withoutUndefined({
    ...Object.fromEntries(written),
    deploy: stackDeploy(service),
    ports: portsOfStack(name, service, problems),
    volumes: mapList(service["volumes"], stackVolume),
    secrets: mapList(service["secrets"], stackFileUse),
    configs: mapList(service["configs"], stackFileUse),
    // Compose writes `name=address`.
    extra_hosts: mapList(service["extra_hosts"], (host) => String(host).replace("=", ":"))
  });
}
var mapList = (list, convert) => list === void 0 || list === null ? void 0 : asList(list).map(convert);
function stackDeploy(service) {
  const deploy = asObject(service["deploy"]);
  const resources = mapValues(asObject(deploy["resources"]), (each) => {
    const cpus = asObject(each)["cpus"];
    return { ...asObject(each), ...cpus === void 0 ? {} : { cpus: String(cpus) } };
  });
  return withoutUndefined({
    ...deploy,
    resources,
    replicas: asNumber(service["scale"]) ?? deploy["replicas"],
    restart_policy: deploy["restart_policy"] ?? restartPolicy(asText(service["restart"]))
  });
}
function restartPolicy(restart) {
  const [condition, attempts] = (restart ?? "").split(":");
  if (condition === "no") return { condition: "none" };
  if (condition !== "on-failure") return void 0;
  return withoutUndefined({ condition, max_attempts: asNumber(attempts) });
}
function portsOfStack(name, service, problems) {
  if (service["ports"] === void 0) return void 0;
  return asList(service["ports"]).map((each) => {
    const port = asObject(each);
    const address = asText(port["host_ip"]);
    if (!isOnAllAddresses(address)) {
      problems.add(
        `compose-file: service ${name} publishes a port on ${address}, but a swarm publishes on all addresses of its nodes. Remove the address, and let a firewall say who may connect.`,
        "services",
        name,
        "ports"
      );
    }
    const published = port["published"];
    return withoutUndefined({
      ...pickKeys(port, ["mode", "target", "protocol"]),
      published: asNumber(published) ?? published
    });
  });
}
function stackVolume(volume) {
  if (!isObject(volume)) return volume;
  const { bind, tmpfs } = volume;
  const size = asObject(tmpfs)["size"];
  return {
    ...volume,
    // A swarm never makes the folder: the task is rejected where it is missing.
    ...isObject(bind) ? { bind: withoutKeys(bind, "create_host_path") } : {},
    ...isObject(tmpfs) ? { tmpfs: withoutUndefined({ ...tmpfs, size: asNumber(size) ?? size }) } : {}
  };
}
function stackFileUse(use) {
  if (!isObject(use)) return use;
  const mode = use["mode"];
  return typeof mode === "string" ? { ...use, mode: Number.parseInt(mode, 8) } : use;
}

// src/release/stack/stack-project.ts
var MAX_SERVICE_NAME = 63;
function stackProject(resolved, appEnvironment) {
  const { config, placeholder, contents } = resolved;
  const problems = new Problems(resolved.files);
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectModels(config, problems);
  const project = classifyServices(config, placeholder, problems);
  const stack = baseProject(appEnvironment);
  const services = mapValues(config.services, (service, name) => {
    const length = `${stack}_${name}`.length;
    if (length > MAX_SERVICE_NAME) {
      problems.add(
        `compose-file: the name ${stack}_${name} has ${length} letters, but a service of a swarm may have ${MAX_SERVICE_NAME}. Give the service a shorter name.`,
        "services",
        name
      );
    }
    return stackService(name, service, problems);
  });
  const objects = contentObjects(config, contents, stack);
  for (const object of objects.contents) {
    const reason = whyNotStorable(object);
    if (reason !== void 0)
      problems.add(`compose-file: ${object.kind} ${nameInFile(object, objects)} ${reason}`);
  }
  const otherImages = {};
  for (const name of project.accessories) {
    const image = asText(project.service(name)["image"]);
    if (image === void 0)
      problems.add(
        `compose-file: service ${name} has neither image: nor build:. Give it one.`,
        "services",
        name
      );
    else otherImages[name] = image;
  }
  problems.throwIfAny();
  return {
    ...{
      app: appEnvironment.app,
      environment: appEnvironment.environment,
      placeholder,
      contents,
      otherImages
    },
    services: Object.fromEntries([...project.released].map(([name, imageKey]) => [name, { name, imageKey }])),
    compose: {
      services,
      networks: sectionOf(config.networks),
      volumes: sectionOf(config.volumes),
      secrets: config.secrets ?? {},
      configs: config.configs ?? {}
    },
    notices: [...resolved.notices, ...noticesOf(config)]
  };
}
var sectionOf = (section = {}) => mapValues(
  section,
  (spec) => withoutKeys(asObject(spec), ...Object.keys(asObject(spec)).filter((key) => key.startsWith("x-")))
);
function nameInFile({ kind, name }, objects) {
  const section = kind === "secret" ? objects.secrets : objects.configs;
  return Object.keys(section).find((key) => section[key]?.["name"] === name) ?? name;
}
function noticesOf({ services }) {
  const waiting = Object.entries(services).filter(([, service]) => dependenciesOf(service).size > 0);
  if (waiting.length === 0) return [];
  return [
    `depends_on: a swarm starts all services at the same time, so ${waiting.map(([name]) => name).join(", ")} must wait for what they need by themselves.`
  ];
}

// src/commands/deliver-to-cluster.ts
async function deliverToCluster(request6, context) {
  var _stack = [];
  try {
    const { destination, options, source, orchestrator } = request6;
    context.report.set({
      app: destination.app,
      environment: destination.environment,
      rollbackWorkflow: await findRollbackWorkflow(process.cwd())
    });
    const approval = await requireApproval(request6, options.dryRun, context);
    const connection = __using(_stack, openInBackground(connectToManagers(destination, context)), true);
    const readingFile = inBackground(group("Read the Compose file", () => readStack(request6, context)));
    const imageLookup = __using(_stack, startImageLookup(request6, readingFile, options, context), true);
    const { project } = await readingFile;
    const managers = await group("Connect", () => connection.opened);
    const hooks = {
      before: parseHooks(project, "before-release", options.beforeRelease),
      after: parseHooks(project, "after-release", options.afterRelease)
    };
    const images = [];
    const environment = async () => await hostEnvironment((images[0] ?? await imageLookup.resolve()).environment, void 0, context);
    const cluster = new SwarmCluster(managers, destination, context, environment);
    const before = await cluster.observe();
    const rejectStaleCommit = clusterStaleCommitCheck(request6, context, cluster.host);
    if (source.kind === "build")
      await rejectStaleCommit(context.commit.sha, acceptedRelease(before.records)?.origin);
    const found = await imageLookup.resolve();
    images.push(found);
    await rejectStaleCommit(found.revision, acceptedRelease(before.records)?.origin);
    warnOfJobToken(request6, found, context);
    const _lock = __using(_stack, options.dryRun ? void 0 : await cluster.lock(context.triggeredBy), true);
    const observation = await cluster.observe();
    const previous = acceptedRelease(observation.records);
    const others = await resolveOthers(project, previous, request6, found, context);
    const { release, contents } = makeStackRelease(
      project,
      { built: found.images, others },
      { timeout: options.healthTimeout },
      originOfRelease(context, found, source),
      options.force
    );
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{ cluster, orchestrator, found: observation, release, contents, hooks, options, approval, context },
      command: "deploy",
      keep: options.keep
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function readStack({ destination, source, options }, context) {
  const { log } = context;
  const repository = source.kind === "build" ? source.repository : source.images.get("")?.repository ?? destination.app;
  if (options.compose.files === void 0) {
    log.info("There is no Compose file, so this one is used:");
    const lines = minimalComposeFile(destination.app, options.compose).trimEnd().split("\n");
    for (const line of lines) log.info(`  ${line}`);
  }
  const file = await resolveComposeFile(options.compose, destination, repository, context);
  const project = stackProject(file.resolved, destination);
  if (source.kind === "existing")
    rejectUnknownServices({ ...project, base: project.compose }, source.images.keys());
  for (const notice2 of project.notices) log.notice(notice2);
  return { ...file, project };
}
async function resolveOthers({ otherImages }, previous, { options }, { environment }, action) {
  const kept = /* @__PURE__ */ new Map();
  const sought = /* @__PURE__ */ new Map();
  for (const [name, reference] of Object.entries(otherImages)) {
    const before = previous?.services[name];
    if (options.accessories === "leave" && before?.reference === reference) kept.set(name, before.image);
    else sought.set(name, reference);
  }
  const context = { ...action, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY };
  const resolved = sought.size === 0 ? [] : await resolveOtherImages(sought, context);
  return new Map([...kept, ...resolved]);
}
function warnOfJobToken({ registry }, { images }, { log, report }) {
  const usesRegistry = [...images.values()].some((image) => registryOf(image) === GITHUB_REGISTRY);
  const hasLogin2 = registry.unnamed !== void 0 || registry.logins.some((login) => login.registry === GITHUB_REGISTRY);
  if (hasLogin2 || registry.token === void 0 || !usesRegistry) return;
  const warning2 = "github-token: the swarm gets the token of this job to pull from ghcr.io, and it dies with the job. A node that must pull later, for example when another one fails, can not. Set registry-username and registry-password to a login that lasts and may only read.";
  log.warning(warning2);
  addWarnings(report, [warning2]);
}
function clusterStaleCommitCheck({ gate: gate2, allowDowngrade }, context, host) {
  const check = createStaleCommitCheck(gate2.token, allowDowngrade, {
    ...githubOptions(context),
    repository: context.commit.repository,
    workspace: process.cwd()
  });
  return (sha, origin) => check(sha, [{ host, origin }]);
}
function originOfRelease({ commit }, { tags, revision }, source) {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  return { revision, ref, actor, runUrl, repository, registry, tags, createdAt: (/* @__PURE__ */ new Date()).toISOString() };
}

// src/commands/gate.ts
async function gate(request6, context) {
  context.report.set({ environment: request6.environment });
  await requireEnvironmentRules(request6, context);
  context.report.set({ result: "checked" });
}

// src/plan/removal.ts
function planRemoval({ front, containers, networks, images, volumes, state }, { removeVolumes }) {
  const removeContainers2 = (part) => {
    const own = containers.filter((each) => each.part === part);
    const keepVolumes = part === "accessory" && !removeVolumes;
    return own.length === 0 ? [] : [{ kind: "remove-containers", part, containers: own, keepVolumes }];
  };
  const records = containers.filter(({ part }) => part === "records");
  const hasDomains2 = front !== void 0 && (front.domains.length > 0 || front.hasFolders);
  return [
    ...hasDomains2 ? [{ kind: "release-domains", container: front.container.id, domains: front.domains }] : [],
    ...front?.isLastApp ? [{ kind: "remove-front" }] : [],
    ...removeContainers2("edge"),
    ...removeContainers2("release"),
    ...removeContainers2("accessory"),
    ...networks.length > 0 ? [{ kind: "remove-networks", networks }] : [],
    ...images.length > 0 ? [{ kind: "remove-images", images }] : [],
    ...removeVolumes && volumes.length > 0 ? [{ kind: "remove-volumes", volumes }] : [],
    ...records.length > 0 || state !== void 0 ? [{ kind: "remove-state", containers: records, volume: state?.name }] : []
  ];
}
function removalObstacle({ front, networks, volumes, state }, { removeVolumes }) {
  if (front !== void 0 && front.domains.length > 0 && !front.container.running) {
    const { name } = front.container;
    return `${joinWithAnd(front.domains)} can't be removed while the container ${name} does not run. Start it ("docker start ${name}" on the host) and try again.`;
  }
  for (const { name, usedBy } of networks) {
    const [container] = usedBy;
    if (container === void 0) continue;
    return `the container ${container} is on the network ${name}, and it is not of this environment. Disconnect it ("docker network disconnect ${name} ${container}" on the host) and try again.`;
  }
  for (const { name, usedBy } of [
    ...removeVolumes ? volumes : [],
    ...state === void 0 ? [] : [state]
  ]) {
    const [container] = usedBy;
    if (container === void 0) continue;
    return `the container ${container} has the volume ${name}, and it is not of this environment. Remove it ("docker rm ${container}" on the host) and try again.`;
  }
  return void 0;
}
function keptVolumes({ containers, volumes }, { removeVolumes }) {
  if (removeVolumes) return [];
  const accessories = containers.filter(({ part }) => part === "accessory");
  return [
    ...volumes.map(({ name }) => name),
    ...accessories.flatMap(({ anonymousVolumes }) => anonymousVolumes)
  ];
}
var TEXTS = {
  "release-domains": ({ domains }) => domains.length === 0 ? "remove the sockets of the edge" : `stop routing ${joinWithAnd(domains)}`,
  "remove-front": () => "remove the front, which no other app uses",
  "remove-containers": ({ part, containers }) => part === "edge" ? "remove the edge" : `remove the containers of ${part === "release" ? "releases" : "accessories"}: ${namesText(containers)}`,
  "remove-networks": ({ networks }) => `remove ${namedText("network", networks)}`,
  "remove-images": ({ images }) => `remove the tags of ${images.length === 1 ? "one image" : `${images.length} images`}, and what only these tags kept`,
  "remove-volumes": ({ volumes }) => `remove ${namedText("volume", volumes)}, with all data`,
  "remove-state": () => "remove the records"
};
var namesText = (named) => joinWithAnd(named.map(({ name }) => name));
var namedText = (noun, named) => `the ${noun}${named.length === 1 ? "" : "s"} ${namesText(named)}`;
var removalText = (action) => TEXTS[action.kind](action);

// src/report/removal-report.ts
function removalReport(project, hosts, removals, failures, dryRun) {
  const reports = hosts.map((host) => {
    const removal = removals.find((each) => each.host === host);
    if (removal !== void 0) return hostReport(removal, dryRun);
    const failure = failures.find((each) => each.host === host);
    const why = messageWithoutHost(host, failure?.error);
    return { host, was: void 0, is: void 0, unknown: true, why };
  });
  const steps = removals.flatMap((removal) => stepReportsOf(removal, dryRun));
  const incomplete = hosts.filter(
    (host) => !removals.some((each) => each.host === host && each.error === void 0)
  );
  const base = { hosts: reports, steps };
  if (incomplete.length > 0) {
    const complete = hosts.filter((host) => !incomplete.includes(host));
    return { ...base, result: "failed", state: incompleteText(project, complete, incomplete, dryRun) };
  }
  if (steps.length === 0)
    return { ...base, result: "unchanged", state: `Nothing to remove: ${project} is not there.` };
  return dryRun ? { ...base, result: "planned", state: NOTHING_CHANGED_TEXT } : { ...base, result: "removed", state: `${project} was removed.` };
}
function incompleteText(project, complete, incomplete, dryRun) {
  if (dryRun) return NOTHING_CHANGED_TEXT;
  const removed = complete.length === 0 ? "" : `${project} is gone from ${joinWithAnd(complete)}. `;
  return `${removed}All or a part of it may still be on ${joinWithAnd(incomplete)}: when the cause is gone, run this again.`;
}
function hostReport({ host, live, planned, steps, error: error2, keptVolumes: keptVolumes2 }, dryRun) {
  const before = { host, was: live, is: live };
  if (error2 !== void 0) {
    const why = messageWithoutHost(host, error2);
    return steps.length === 0 ? { ...before, why } : { ...before, is: void 0, unknown: true, why };
  }
  const after = keptVolumes2.length === 0 ? before : { ...before, keptVolumes: keptVolumes2 };
  if (planned.length === 0) return { ...after, why: "nothing to remove" };
  return dryRun ? { ...after, why: "would be removed" } : { ...after, is: void 0, why: "removed" };
}
function stepReportsOf({ host, planned, steps, error: error2 }, dryRun) {
  const common = { host, stage: "remove", undo: false };
  if (dryRun) {
    const notRun = { startMs: void 0, durationMs: void 0, ok: void 0, note: void 0 };
    return planned.map((action) => ({ ...common, ...notRun, text: removalText(action) }));
  }
  return steps.map(({ action, at, took, ok, note }) => ({
    ...common,
    text: removalText(action),
    startMs: Math.round(at),
    durationMs: Math.round(took),
    ok,
    note: ok ? note : messageWithoutHost(host, error2)
  }));
}
function removalStepLine(host, { action, took, ok, note }, error2, hosts) {
  const result = ok ? note : messageWithoutHost(host, error2);
  return `${ok ? "✓" : "✗"} ${padHost(host, hosts)}  ${removalText(action)}  ${formatDuration(took)}${result === void 0 ? "" : `  ${oneLine(result)}`}`;
}
function removalPlanLines(removals) {
  const hosts = removals.map(({ host }) => host);
  return removals.flatMap(
    ({ host, planned }) => (planned.length === 0 ? ["nothing to remove"] : planned.map(removalText)).map(
      (text) => `  ${padHost(host, hosts)}  ${text}`
    )
  );
}
function keptVolumesLines(hosts) {
  return hosts.flatMap(
    ({ host, keptVolumes: keptVolumes2 = [] }) => keptVolumes2.length === 0 ? [] : [
      `${host}  volumes that stay, with all data: ${joinWithAnd(keptVolumes2)}`,
      `  To remove them, run this on the host: ${removeCommand(keptVolumes2)}`
    ]
  );
}
function keptVolumesDetails(hosts) {
  const keeping = hosts.filter(({ keptVolumes: keptVolumes2 = [] }) => keptVolumes2.length > 0);
  if (keeping.length === 0) return "";
  const lines = keeping.flatMap(({ host, keptVolumes: keptVolumes2 = [] }) => [`# ${host}`, removeCommand(keptVolumes2)]);
  return detailsBlock(
    "Volumes that stay, with all data",
    `These commands remove them. Or use \`remove-volumes: true\` next time.

${codeBlock(lines, "sh")}`
  );
}
var removeCommand = (volumes) => `docker volume rm ${volumes.join(" ")}`;

// src/edge/leave-front.ts
async function readFrontEntries(engine, app, container) {
  const files = await engine.readFiles(container, FRONT_MOUNT);
  const owners = [...domainOwnersIn(files)];
  const project = baseProject(app);
  const folder = `${FRONT_APPS_FOLDER.slice(FRONT_MOUNT.length + 1)}/${project}.`;
  return {
    domains: owners.filter(([, owner]) => owner === project).map(([domain]) => domain),
    hasFolders: [...files.keys()].some((path) => path.startsWith(folder)),
    hasOtherApps: owners.some(([, owner]) => owner !== project)
  };
}
var REMOVE_FOLDERS_SCRIPT = {
  name: "remove-sockets",
  text: `
set -eu
rm -rf "$1/$2".*
`
};
async function leaveFront(engine, app, container) {
  await setDomains(engine, container, app, /* @__PURE__ */ new Map());
  await runScript(engine, container, REMOVE_FOLDERS_SCRIPT, [FRONT_APPS_FOLDER, baseProject(app)]);
}

// src/rollout/environment-images.ts
async function findEnvironmentImages(engine, appEnvironment, needed) {
  const repository = retentionRepository(appEnvironment);
  const found = await engine.listImages({ reference: [repository] });
  const images = await Promise.all(found.map(({ id }) => engine.inspectImage(id)));
  return images.flatMap((image) => {
    if (image === void 0) return [];
    const { id, repoTags, repoDigests: digests } = image;
    const tags = repoTags.filter((tag) => tag.startsWith(`${repository}:`));
    return [{ id, tags, digests, usedElsewhere: needed.has(id) || tags.length < repoTags.length }];
  });
}
async function removeEnvironmentImages(engine, images) {
  let removed = 0;
  for (const { id, tags, digests, usedElsewhere } of images) {
    for (const reference of usedElsewhere ? tags : [...digests, ...tags]) await engine.removeImage(reference);
    if (await engine.inspectImage(id) === void 0) removed += 1;
  }
  return `${removed} of ${images.length} images removed`;
}

// src/rollout/inventory.ts
async function takeInventory(engine, appEnvironment) {
  const { host } = await observeHost(engine, appEnvironment);
  const labels = labelFilters(labelsOf(appEnvironment));
  const [all, networks, volumes] = await Promise.all([
    engine.listContainers([]),
    engine.listNetworks(labels),
    engine.listVolumes(labels)
  ]);
  const { app, environment } = appEnvironment;
  const isOwn = (each) => each.labels[LABEL.app] === app && each.labels[LABEL.environment] === environment;
  const own = all.filter(isOwn);
  const others = all.filter((each) => !isOwn(each));
  const namesOf2 = (containers) => containers.map(({ name }) => name);
  const [images, front] = await Promise.all([
    findEnvironmentImages(engine, appEnvironment, new Set(others.map(({ imageId }) => imageId))),
    findOwnPartOfFront(engine, appEnvironment, all, own)
  ]);
  const withUsers = volumes.map(
    ({ name }) => ({
      name,
      usedBy: namesOf2(others.filter((each) => each.volumes.includes(name)))
    })
  );
  const isState2 = ({ name }) => name === stateVolume(appEnvironment);
  return {
    host: engine.host,
    live: liveRelease(host)?.id,
    front,
    containers: own.map(inventoryContainer),
    networks: networks.map(({ id, name }) => ({
      id,
      name,
      usedBy: namesOf2(others.filter((each) => !isStopped(each) && each.networks.includes(name)))
    })),
    images,
    volumes: withUsers.filter((volume) => !isState2(volume)),
    state: withUsers.find(isState2)
  };
}
function inventoryContainer(container) {
  const { id, name, volumes } = container;
  return { id, name, part: partOf(container), anonymousVolumes: volumes.filter(isAnonymous) };
}
function partOf(container) {
  if (hasOwnRole(container, "edge")) return "edge";
  if (hasOwnRole(container, "records")) return "records";
  const ofRelease = Object.hasOwn(container.labels, LABEL.release) || hasOwnRole(container, "hook");
  return ofRelease ? "release" : "accessory";
}
var isAnonymous = (name) => /^[0-9a-f]{64}$/.test(name);
async function findOwnPartOfFront(engine, appEnvironment, all, own) {
  const front = frontAmong(all);
  const edges = own.filter((each) => hasOwnRole(each, "edge") && each.volumes.includes(FRONT_VOLUME));
  const mounting = [...front === void 0 ? [] : [front], ...edges];
  const container = mounting.find(({ state: state2 }) => state2 === "running") ?? mounting[0];
  if (container === void 0) return void 0;
  const { domains, hasFolders, hasOtherApps } = await readFrontEntries(engine, appEnvironment, container.id);
  const { id, name, state } = container;
  const usesFront = edges.length > 0 || hasFolders || domains.length > 0;
  return {
    container: { id, name, running: state === "running" },
    domains,
    hasFolders,
    isLastApp: front !== void 0 && usesFront && !hasOtherApps
  };
}

// src/rollout/remove-environment.ts
async function removeEnvironment(engine, appEnvironment, run2) {
  const inventory = await takeInventory(engine, appEnvironment);
  const obstacle = removalObstacle(inventory, run2);
  const planned = planRemoval(inventory, run2);
  const steps = [];
  let error2 = obstacle && new HostError(engine.host, obstacle);
  for (const action of run2.dryRun || obstacle !== void 0 ? [] : planned) {
    if (run2.signal.aborted) {
      error2 = run2.signal.reason;
      break;
    }
    const start = performance.now();
    let note;
    try {
      run2.lock.assertHeld(engine.host);
      note = await performRemoval(engine, appEnvironment, action);
    } catch (thrown) {
      error2 = thrown;
    }
    const at = start - run2.startedAt;
    const step2 = { action, at, took: performance.now() - start, ok: error2 === void 0, note };
    steps.push(step2);
    run2.onStepEnd(engine.host, step2, error2);
    if (error2 !== void 0) break;
  }
  const { host, live } = inventory;
  return { host, live, planned, keptVolumes: keptVolumes(inventory, run2), steps, error: error2 };
}
async function performRemoval(engine, appEnvironment, action) {
  switch (action.kind) {
    case "release-domains":
      await leaveFront(engine, appEnvironment, action.container);
      return void 0;
    case "remove-front":
      return await removeUnusedFront(engine) ? void 0 : "another app uses it by now";
    case "remove-containers":
      await stopAndRemove(engine, action.containers, action.keepVolumes);
      return void 0;
    case "remove-networks":
      await allOrThrow(action.networks.map(({ id }) => engine.removeNetwork(id)));
      return void 0;
    case "remove-images":
      return removeEnvironmentImages(engine, action.images);
    case "remove-volumes":
      await allOrThrow(action.volumes.map(({ name }) => engine.removeVolume(name)));
      return void 0;
    case "remove-state":
      await stopAndRemove(engine, action.containers, false);
      if (action.volume !== void 0) await engine.removeVolume(action.volume);
      return void 0;
  }
}
async function stopAndRemove(engine, containers, keepVolumes) {
  await allOrThrow(
    containers.map(async ({ id }) => {
      await engine.stopContainer(id).catch(ignoreNotFound);
      await engine.removeContainer(id, { force: true, keepVolumes });
    })
  );
}

// src/commands/remove.ts
async function remove(request6, context) {
  const { destination, removeVolumes, dryRun, lockTimeout } = request6;
  const { report, log, signal } = context;
  report.set({ app: destination.app, environment: destination.environment });
  await requireApproval(request6, dryRun, context);
  const project = baseProject(destination);
  const hosts = destination.hosts.map(({ name }) => name);
  const startedAt = performance.now();
  const { results, failures } = await group(
    `${dryRun ? "Plan the removal of" : "Remove"} ${project}`,
    () => onReachableHosts(destination, context, async (engine) => {
      var _stack = [];
      try {
        const lock = __using(_stack, await lockHosts([engine], destination, dryRun ? void 0 : lockTimeout, context), true);
        return await removeEnvironment(engine, destination, {
          removeVolumes,
          dryRun,
          startedAt,
          lock,
          signal,
          onStepEnd: (host, step2, error2) => log.info(removalStepLine(host, step2, error2, hosts))
        });
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        var _promise = __callDispose(_stack, _error, _hasError);
        _promise && await _promise;
      }
    })
  );
  const result = removalReport(project, hosts, results, failures, dryRun);
  report.set(result);
  if (dryRun) for (const line of removalPlanLines(results)) log.info(line);
  for (const line of keptVolumesLines(result.hosts)) log.info(line);
  const incomplete = results.filter(({ error: error2 }) => error2 !== void 0);
  const all = [...failures, ...incomplete.map(({ host, error: error2 }) => ({ host, error: error2 }))];
  if (all.length > 0) throw combineFailures(all);
  log.info(result.state);
}

// src/release/find-release.ts
function findRelease(records, host, to) {
  const live = host.traffic?.release ?? host.accepted;
  const past = acceptedReleases(records);
  if (to === void 0) {
    const replaced = live === void 0 ? void 0 : lastAcceptanceOf(records.history, live)?.previous;
    const before = replaced === live ? void 0 : replaced;
    const previous = records.releases.find((release) => release.id === before) ?? past.find((release) => release.id !== live);
    if (previous !== void 0) return previous;
    throw new ConfigurationError(`${host.host}: ${noPreviousReleaseText(live, before, records)}`);
  }
  const matches = firstNonEmpty([
    records.releases.filter((release) => release.id === to),
    past.filter(
      (release) => Object.values(release.services).some(
        (service) => service.image === to || digestOf(service.image) === to
      )
    ),
    past.filter((release) => release.origin.tags.includes(to)),
    /^[0-9a-f]{4,40}$/.test(to) ? past.filter((release) => release.origin.revision?.startsWith(to) === true) : []
  ]);
  const [only, ...others] = matches;
  if (only !== void 0 && (others.length === 0 || areOfOneCommit(matches))) return only;
  throw new ConfigurationError(
    matches.length === 0 ? `to: ${host.host} has no release "${to}"${prunedHint(to, records)}. ${past.length === 0 ? "None is recorded there." : `Its releases: ${describeReleases(past)}.`}` : `to: "${to}" matches several releases on ${host.host}: ${describeReleases(matches)}. Name one by its id.`
  );
}
var prunedHint = (to, { history }) => history.some(({ release, event }) => release === to && event !== "rolled-back") ? ' any more ("keep" of the deploy sets how many are kept)' : "";
function noPreviousReleaseText(live, before, { history }) {
  const known = before ?? releaseBefore(history, live);
  if (known === void 0)
    return `there is no release before ${live ?? "the first one"} to roll back to. To deploy an earlier image, name it in "image" of a deploy.`;
  return `${known} was live before ${live ?? "this"} and is not kept any more, so there is nothing to roll back to: "keep" of the deploy sets how many releases are kept, with the live one. Deploy its image again (input "image"), and set "keep" to 2 or more.`;
}
var describeReleases = (releases) => releases.map(({ id, origin }) => `${id} (${origin.revision?.slice(0, 7) ?? "no commit"})`).join(", ");
function acceptedReleases({
  history,
  releases
}) {
  const ids = new Set(
    validAcceptances(history).map(({ release }) => release).reverse()
  );
  return [...ids].flatMap((id) => releases.filter((release) => release.id === id));
}
var firstNonEmpty = (groups) => groups.find((each) => each.length > 0) ?? [];
function areOfOneCommit(releases) {
  const [revision, ...others] = new Set(releases.map(({ origin }) => origin.revision));
  return revision !== void 0 && others.length === 0;
}

// src/commands/rollback.ts
async function rollback(request6, context) {
  var _stack = [];
  try {
    const { destination, options } = request6;
    const { report } = context;
    report.set({ app: destination.app, environment: destination.environment });
    const approval = await requireApproval(request6, options.dryRun, context);
    const fleet = __using(_stack, await group("Connect", () => openFleet(destination, context)), true);
    const lock = __using(_stack, await lockHosts(
      fleet.engines,
      destination,
      options.dryRun ? void 0 : options.lockTimeout,
      context
    ), true);
    const observations = await fleet.observe();
    const found = requireSameRelease(findOnAnyHost(observations, request6.to), destination.environment);
    const trustedProxies = trustedProxiesOf(observations.map(({ host }) => host));
    const release = withTrustedProxies(withHealthTimeout(found, request6.healthTimeout), trustedProxies);
    report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    await deployRelease({
      fleet,
      lock,
      destination,
      observations,
      release,
      strategy: chooseStrategy(release, void 0),
      keep: Number.MAX_SAFE_INTEGER,
      command: "rollback",
      bake: 0,
      limits: void 0,
      updateAccessories: false,
      hooks: { before: [], after: [] },
      waves: { kind: "all" },
      options,
      confidential: /* @__PURE__ */ new Map(),
      environment: () => registryEnvironment(request6.registry, release, context),
      composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal),
      approval,
      context
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function findOnAnyHost(observations, to) {
  const failures = [];
  const found = observations.flatMap(({ host, records }) => {
    try {
      return [findRelease(records, host, to)];
    } catch (error2) {
      failures.push(error2);
      return [];
    }
  });
  if (found.length === 0) throw failures[0];
  return found;
}
function requireSameRelease(found, environment) {
  const [first] = found;
  if (first === void 0)
    throw new ConfigurationError("hosts: no line names a host. Write one per line: ssh://user@host.");
  const ids = [...new Set(found.map((release) => release.id))];
  if (ids.length > 1) {
    throw new ConfigurationError(
      `to: the hosts of ${environment} do not have the same previous release (${ids.join(", ")}). Name the release to roll back to.`
    );
  }
  return first;
}
var MIN_HEALTH_TIMEOUT = 6e4;
function withHealthTimeout(release, requested) {
  const { health } = release;
  return {
    ...release,
    health: { ...health, timeout: requested ?? Math.max(health.timeout, MIN_HEALTH_TIMEOUT) }
  };
}

// src/commands/rollback-cluster.ts
async function rollbackCluster(request6, context) {
  var _stack = [];
  try {
    const { destination, options, orchestrator, registry } = request6;
    const { report } = context;
    report.set({ app: destination.app, environment: destination.environment });
    const approval = await requireApproval(request6, options.dryRun, context);
    const managers = __using(_stack, await group("Connect", () => connectToManagers(destination, context)), true);
    const environment = async () => await hostEnvironment(
      await registryEnvironment(registry, withoutOtherImages(release), context),
      void 0,
      context
    );
    const cluster = new SwarmCluster(managers, destination, context, environment);
    const _lock = __using(_stack, options.dryRun ? void 0 : await cluster.lock(context.triggeredBy), true);
    const found = await cluster.observe();
    const accepted = acceptedRelease(found.records)?.id;
    const known = findRelease(found.records, { host: cluster.host, accepted, traffic: void 0 }, request6.to);
    const release = withHealthTimeout(known, request6.healthTimeout);
    report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    await deployToCluster({
      ...{ cluster, orchestrator, found, release, options, approval, context },
      contents: [],
      command: "rollback",
      hooks: { before: [], after: [] },
      keep: Number.MAX_SAFE_INTEGER
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
var withoutOtherImages = (release) => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === void 0)
  )
});

// src/commands/status.ts
async function status({ destination }, context) {
  const { report } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const { results: observations, failures } = await group(
    "Connect",
    () => observeHosts(destination, context)
  );
  const hosts = destination.hosts.map(({ name }) => {
    const observation = observations.find(({ host }) => host.host === name);
    if (observation !== void 0) return statusReport(observation.host);
    const failure = failures.find(({ host }) => host === name);
    const why = messageWithoutHost(name, failure?.error);
    return { host: name, was: void 0, is: void 0, unknown: true, why };
  });
  const live = commonRelease(hosts);
  const record = observations[0]?.records.releases.find(({ id }) => id === live);
  const [previous, ...others] = new Set(
    observations.flatMap(({ host }) => releaseBefore(host.history, live) ?? [])
  );
  const images = Object.values(record?.services ?? {}).map(({ name, image }) => [name, image]);
  const history = historyOf(observations.map(({ host }) => host));
  report.set({
    result: "reported",
    release: live,
    live,
    previous: live === void 0 || others.length > 0 ? void 0 : previous,
    revision: record?.origin.revision,
    images: Object.fromEntries(images),
    hosts,
    history
  });
  for (const line of [...statusLines(hosts), ...historyLines(history, hosts.length)]) context.log.info(line);
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0]?.error;
  throw combineFailures(failures);
}

// src/image/commit-context.ts
import { existsSync as existsSync3 } from "node:fs";
import { readFile as readFile7 } from "node:fs/promises";
import { join as join15 } from "node:path";
async function readCommitContext(environment = process.env) {
  const { eventPath = "", workspace = process.cwd() } = githubVariables(environment);
  const [payload, checkout] = await Promise.all([readPayload(eventPath), readCheckout(workspace)]);
  return commitContext(environment, payload, checkout);
}
function commitContext(environment, payload, checkout) {
  const { actor, event, ref, repository, serverUrl, sha: eventSha } = githubVariables(environment);
  const isOther = checkout !== void 0 && eventSha !== void 0 && checkout.sha !== eventSha;
  const source = repository && `${serverUrl}/${repository}`;
  const committedAt = checkout?.committedAt ?? eventCommitTime(payload, eventSha);
  return {
    sha: checkout?.sha ?? eventSha,
    committedAt: committedAt && toUtc(committedAt),
    ref: isOther ? void 0 : ref,
    event,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor,
    runUrl: source && runUrlOf(source, environment),
    note: isOther ? `The checkout holds commit ${checkout.sha}, but the event is for ${eventSha}${ref === void 0 ? "" : ` (${ref})`}: the image is named after the checkout.` : void 0
  };
}
function runUrlOf(source, environment) {
  const { runId, runAttempt } = githubVariables(environment);
  const attempt = runAttempt === void 0 ? "" : `/attempts/${runAttempt}`;
  return runId && `${source}/actions/runs/${runId}${attempt}`;
}
function eventCommitTime(payload, sha) {
  const head = asObject(asObject(payload)["head_commit"]);
  return sha !== void 0 && head["id"] === sha ? asText(head["timestamp"]) : void 0;
}
function pullRequestOf(payload, ref = "") {
  const number = asObject(asObject(payload)["pull_request"])["number"];
  if (typeof number === "number") return number;
  const inRef = /^refs\/pull\/(?<number>\d+)\//.exec(ref)?.groups?.["number"];
  return inRef === void 0 ? void 0 : Number(inRef);
}
async function readPayload(path) {
  try {
    return JSON.parse(await readFile7(path, "utf8"));
  } catch {
    return void 0;
  }
}
async function readCheckout(folder) {
  if (!existsSync3(join15(folder, ".git"))) return void 0;
  try {
    const commit = await askGit(folder, ["log", "-1", "--no-show-signature", "--format=%H %cI"]);
    const [sha, committedAt] = commit.trim().split(" ");
    return sha === void 0 || committedAt === void 0 ? void 0 : { sha, committedAt };
  } catch {
    return void 0;
  }
}
function toUtc(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? void 0 : date.toISOString().replace(".000Z", "Z");
}

// action.yml
var action_default = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "registry-username": "", "registry-password": "", "github-token": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11" };

// build/action.yml
var action_default2 = { image: "", "registry-username": "", "registry-password": "", "github-token": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", "compose-file": "compose.yaml", env: "" };

// deploy/action.yml
var action_default3 = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "registry-username": "", "registry-password": "", "github-token": "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11" };

// gate/action.yml
var action_default4 = { environment: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "github-token": "" };

// remove/action.yml
var action_default5 = { app: "", environment: "", hosts: "", confirm: "", "remove-volumes": "false", "lock-timeout": "10m", "dry-run": "false", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "github-token": "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// rollback/action.yml
var action_default6 = { app: "", environment: "", hosts: "", orchestrator: "docker", to: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", "registry-username": "", "registry-password": "", "github-token": "", "health-timeout": "", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", "lock-timeout": "10m", "dry-run": "false", "edge-image": "caddy:2.11", "acme-email": "", "acme-directory": "", "acme-ca": "" };

// status/action.yml
var action_default7 = { app: "", environment: "", hosts: "", orchestrator: "docker", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// src/inputs/declared-inputs.ts
var INPUTS = {
  deliver: action_default,
  build: action_default2,
  deploy: action_default3,
  rollback: action_default6,
  status: action_default7,
  remove: action_default5,
  gate: action_default4
};
var isDeclaredInput = (name) => Object.values(INPUTS).some((inputs) => Object.hasOwn(inputs, name));

// src/model/host-address.ts
import { isIPv6 as isIPv64, SocketAddress } from "node:net";
var URL_PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<credentials>[^/]*)@)?(?<host>\[[^\]]*\]|[^/:?#]*)(?<port>:[^/?#]*)?(?<rest>.*)$/s;
var HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
var USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?$/;
function parseHostAddress(line) {
  const text = line.trim();
  const shown = withoutPassword(text);
  const refuse = (problem) => {
    throw new ConfigurationError(`hosts: "${shown}" ${problem}`);
  };
  const {
    scheme: schemeText,
    credentials,
    host = "",
    port: portText,
    rest = ""
  } = URL_PARTS.exec(text)?.groups ?? {};
  if (schemeText === void 0) {
    return refuse(`is not a URL. Write ${text.startsWith("/") ? `unix://${text}` : sshUrlFor(shown)}.`);
  }
  const scheme = schemeText.toLowerCase();
  if (scheme === "unix") return parseUnix(text.slice("unix://".length), refuse);
  if (scheme !== "ssh" && scheme !== "tcp") {
    const hint = scheme.startsWith("http") ? " An engine over TCP with TLS is tcp://host:2376." : "";
    return refuse(`has the unknown scheme ${scheme}://. Write ssh://, tcp:// or unix://.${hint}`);
  }
  if (isIPv64(`${host}${portText ?? ""}`)) {
    const user2 = credentials === void 0 || credentials.includes(":") ? "" : `${credentials}@`;
    return refuse(
      `has an IPv6 address that is not between brackets. Write ${scheme}://${user2}[${host}${portText ?? ""}].`
    );
  }
  const hostname = parseHostname(host, refuse);
  const port = parsePort(portText, refuse);
  const bracketed = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (credentials?.includes(":")) {
    return refuse(
      'has a password, which Sealift does not use. Log in with a key ("ssh-key") or a certificate ("tls-cert", "tls-key").'
    );
  }
  if (scheme === "tcp") {
    if (credentials !== void 0) return refuse("has a user, but an engine over TCP has none. Remove it.");
    if (rest !== "" && rest !== "/") return refuse("has a path. Write only tcp://host:port.");
    return {
      kind: "tcp",
      name: hostName(`tcp://${bracketed}:${port ?? 2376}`),
      hostname,
      port: port ?? 2376
    };
  }
  if (rest !== "" && rest !== "/") {
    return refuse(
      "has a path. Write only ssh://user@host:port. Sealift uses /var/run/docker.sock, or the socket that the docker command of the user finds."
    );
  }
  const user = parseUser(credentials, refuse);
  const userPart = user === void 0 ? "" : `${user}@`;
  const portPart = port === void 0 || port === 22 ? "" : `:${port}`;
  return { kind: "ssh", name: hostName(`ssh://${userPart}${bracketed}${portPart}`), user, hostname, port };
}
function sshUrlFor(text) {
  const at = text.lastIndexOf("@");
  const [user, host] = at < 0 ? ["user", text] : [text.slice(0, at), text.slice(at + 1)];
  return `ssh://${user}@${isIPv64(host) ? `[${host}]` : host}`;
}
function parseUnix(path, refuse) {
  if (!path.startsWith("/"))
    return refuse("has no absolute path. Write three slashes: unix:///var/run/docker.sock.");
  if (Buffer.byteLength(path) > 107)
    return refuse("has a path of more than 107 bytes, which is too long for a socket. Use a shorter one.");
  const normalized = path.replaceAll(/\/{2,}/g, "/");
  return { kind: "unix", name: hostName(`unix://${normalized}`), path: normalized };
}
function parseHostname(host, refuse) {
  if (host.startsWith("[")) {
    const address = host.slice(1, -1).toLowerCase();
    return isIPv64(address) ? shortest(address) : refuse("has no valid IPv6 address between its brackets. Write [2001:db8::1], for example.");
  }
  if (host === "") return refuse("names no host. Write ssh://user@host.");
  return HOSTNAME.test(host) ? host.toLowerCase() : refuse("names no valid host. Write an IPv6 address between brackets.");
}
function shortest(address) {
  const [plain = "", zone] = address.split("%");
  const short = new SocketAddress({ address: plain, family: "ipv6" }).address;
  return zone === void 0 ? short : `${short}%${zone}`;
}
function parsePort(text, refuse) {
  if (text === void 0) return void 0;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port >= 1 && port <= 65535) return port;
  return refuse("has no valid port. Write a number from 1 to 65535, and an IPv6 address between brackets.");
}
function parseUser(text, refuse) {
  if (text === void 0) return void 0;
  let user;
  try {
    user = decodeURIComponent(text);
  } catch {
    return refuse("has a user with an invalid %-escape. Write %25 for a percent sign.");
  }
  return USER.test(user) ? user : refuse('has no valid user before the "@". Write ssh://user@host.');
}
function withoutPassword(text) {
  return text.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, "$<before>:***@");
}

// src/inputs/access.ts
function readHosts(inputs) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { number, text } of inputs.numberedLines("hosts")) {
    rejectSeveralHosts(text, number);
    const host = parseHostAddress(text);
    if (hosts.has(host.name)) {
      throw new ConfigurationError(`hosts: ${host.name} is listed twice. Remove one of the lines.`);
    }
    hosts.set(host.name, host);
  }
  if (hosts.size === 0)
    throw new ConfigurationError("hosts: no line names a host. Write one per line: ssh://user@host.");
  return [...hosts.values()];
}
function rejectSeveralHosts(line, number) {
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const separator = /[\s,;]/.exec(line)?.[0];
  if (separator === void 0) return;
  const name = separator === "," ? "comma" : separator === ";" ? "semicolon" : "space";
  throw new ConfigurationError(
    `hosts, line ${number}: the line contains a ${name}, but it must name one host. Write "hosts: |" and below it each host on its own line.`
  );
}
function readNetworkRange(inputs) {
  const text = inputs.text("network-range");
  if (text === void 0) return void 0;
  const range = parseRange(text);
  if (range !== void 0 && range.prefix <= SUBNET_PREFIX) return range;
  throw new ConfigurationError(
    `network-range: "${text}" is not a range of IPv4 addresses that holds networks of 256 addresses each. Write it as 10.201.0.0/16: addresses that nothing else uses.`
  );
}
function readAccess(inputs, hosts) {
  const ssh = hosts.find((host) => host.kind === "ssh");
  const tcp = hosts.find((host) => host.kind === "tcp");
  return {
    ssh: ssh === void 0 ? void 0 : readSshAccess(inputs, ssh.hostname, ssh.port ?? 22),
    tls: tcp === void 0 ? void 0 : readTlsAccess(inputs, tcp.name)
  };
}
function readSshAccess(inputs, hostname, port) {
  const scan = port === 22 ? hostname : `-p ${port} ${hostname}`;
  return {
    knownHosts: inputs.required(
      "known-hosts",
      `Sealift trusts an SSH host only by a key that it was given. Run "ssh-keyscan ${scan}" from a network that you trust, compare the result with the host's own key (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and set "known-hosts" to the lines that it prints.`
    ),
    privateKey: inputs.required(
      "ssh-key",
      `Set it to the private key for ${hostname}, preferably from a secret: ssh-key: \${{ secrets.SSH_KEY }}. If it is set, check that the secret exists and that this job may read it.`
    ),
    passphrase: inputs.text("ssh-key-passphrase"),
    config: inputs.text("ssh-config") ?? "",
    certificate: inputs.text("ssh-certificate"),
    variables: readSshVariables(inputs)
  };
}
function readSshVariables(inputs) {
  const variables = inputs.pairs("ssh-env", void 0, (name) => process.env[name]);
  return variables.size === 0 ? void 0 : Object.fromEntries(variables);
}
function readTlsAccess(inputs, host) {
  const advice = `Sealift connects to ${host} with TLS certificates on both sides: give "tls-ca", "tls-cert" and "tls-key".`;
  return {
    ca: checkCertificate("tls-ca", inputs.required("tls-ca", advice)),
    cert: checkCertificate("tls-cert", inputs.required("tls-cert", advice)),
    key: checkPrivateKey("tls-key", inputs.required("tls-key", advice))
  };
}
function checkCertificate(input, text) {
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)) return `${text}
`;
  throw notPemError(input, "a certificate", "-----BEGIN CERTIFICATE-----", text);
}
function checkPrivateKey(input, text) {
  if (/ENCRYPTED/.test(text)) {
    throw new ConfigurationError(
      `${input}: the key is encrypted. Decrypt it (openssl pkey -in key.pem) and give it as a secret.`
    );
  }
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) return `${text}
`;
  throw notPemError(input, "a private key", "-----BEGIN PRIVATE KEY-----", text);
}
function notPemError(input, wanted, begin, text) {
  const kind = /-----BEGIN (?<kind>[A-Z0-9 ]+)-----/.exec(text)?.groups?.["kind"]?.toLowerCase();
  const found = kind === void 0 ? "" : ` It contains a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM format.${found} Give the text of the file, which begins with ${begin}, not its path.`
  );
}

// src/inputs/command-lines.ts
function readCommandLines(inputs, name) {
  return joinContinuedLines(inputs.text(name) ?? "").map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts?.["service"] ?? "";
    const command = parts?.["command"]?.trim() ?? line;
    const problem = command === "" ? `has no command for "${service}"` : parts !== void 0 && service === "" ? 'has no service before the "="' : void 0;
    if (problem === void 0) return { service, command };
    throw new ConfigurationError(`${name}: "${line}" ${problem}. Write service=command or only the command.`);
  });
}
function joinContinuedLines(text) {
  const commands = [];
  let open;
  for (const line of text.split(/\r?\n/)) {
    if (open === void 0 && (line.trim() === "" || line.trim().startsWith("#"))) continue;
    const command = open === void 0 ? line.trim() : `${open}
${line.trimEnd()}`;
    open = isIncompleteCommand(command) ? command : void 0;
    if (open === void 0) commands.push(command);
  }
  return open === void 0 ? commands : [...commands, open];
}
function groupByService(commands) {
  const services = Map.groupBy(commands, ({ service }) => service);
  return new Map([...services].map(([service, lines]) => [service, lines.map(({ command }) => command)]));
}

// src/inputs/compose.ts
import { existsSync as existsSync4, readdirSync } from "node:fs";

// src/inputs/domains.ts
import { isIP as isIP2 } from "node:net";
import { domainToASCII } from "node:url";
var DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
function readDomainsInput(inputs) {
  const domains = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("domains")) {
    const equals = line.indexOf("=");
    const domain = parseDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain))
      throw new ConfigurationError(`domains: "${domain}" is listed twice. Remove one of the lines.`);
    domains.set(domain, equals < 0 ? void 0 : parseServiceAndPort(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}
function parseDomain(text) {
  const refuse = (problem) => new ConfigurationError(`domains: "${text}" ${problem}`);
  if (text.includes("*"))
    throw refuse("is a wildcard, but each certificate is for one name. List the domains.");
  if (text.includes("/")) throw refuse("is a URL. Write only the domain, without https:// and path.");
  if (isIP2(text) !== 0)
    throw refuse("is an IP address, and there are no certificates for those. Publish a port instead.");
  if (text.includes(":"))
    throw refuse("has a port. Domains are served on 443 and 80; write the app port as domain=service:port.");
  const domain = domainToASCII(text);
  if (domain.length > 253 || !domain.split(".").every((label) => DNS_LABEL.test(label)))
    throw refuse("is not a domain name. Write app.example.com, for example.");
  return domain;
}
function parseServiceAndPort(domain, text) {
  const { service, port } = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  if (service === void 0 || port !== void 0 && !isPort(port)) {
    throw new ConfigurationError(
      `domains: "${text}" after ${domain}= is not a service. Write service or service:port, such as web:8080.`
    );
  }
  return { service, port: port === void 0 ? void 0 : Number(port) };
}
function isPort(text) {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}

// src/inputs/compose.ts
var OTHER_COMPOSE_FILES = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];
var TLS_ADVICE = "Use the inputs tls-ca, tls-cert and tls-key";
var RESERVED_VARIABLES = /* @__PURE__ */ new Map([
  ["IMAGE", "Sealift sets it to the image. Use another name"],
  ["PATH", "The runner finds its programs with it. Use another name"],
  ["HOME", "It belongs to the runner. Use another name"],
  ["DOCKER_HOST", "Use the input hosts"],
  ["DOCKER_CONTEXT", "Use the input hosts"],
  ["DOCKER_CONFIG", "Use the inputs registry-username and registry-password"],
  ["DOCKER_TLS", TLS_ADVICE],
  ["DOCKER_TLS_VERIFY", TLS_ADVICE],
  ["DOCKER_CERT_PATH", TLS_ADVICE],
  ["DOCKER_API_VERSION", "Sealift negotiates it with each host. Remove it"],
  ["COMPOSE_FILE", "Use the input compose-file"],
  ["COMPOSE_PROJECT_NAME", "Use the input app"]
]);
var VOLUME_SPEC = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;
function readComposeSource(inputs) {
  const files = findComposeFiles(inputs);
  const port = readPortInput(inputs);
  const volumes = readVolumes(inputs);
  if (files === void 0 && port === void 0) {
    throw new ConfigurationError(
      `compose-file: ${missingFileText(inputs.lines("compose-file"))} Name your Compose file. If you have none, set "port" to the port that the app listens on.`
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomainsInput(inputs) };
}
function readComposeFiles(inputs) {
  return { files: findComposeFiles(inputs), variables: readVariables(inputs) };
}
function unusedMinimalInputs({ files, port, volumes }) {
  if (files === void 0) return [];
  const unused = [port === void 0 ? [] : ["port"], volumes.length === 0 ? [] : ["volumes"]].flat();
  return unused.map(
    (name) => `${name}: not used, because ${files.join(", ")} describes the app. It is only for apps without a Compose file.`
  );
}
function findComposeFiles(inputs) {
  const files = inputs.lines("compose-file");
  const absent = files.filter((file) => !existsSync4(file));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === inputs.defaultOf("compose-file")) return void 0;
  throw new ConfigurationError(`compose-file: ${missingFileText(absent)}`);
}
function missingFileText(absent) {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0) return `${folder} is empty. Run actions/checkout before this step.`;
  const other = OTHER_COMPOSE_FILES.find((name) => existsSync4(name) && !absent.includes(name));
  const hint = other === void 0 ? "" : ` There is ${other}. To use it, set compose-file: ${other}.`;
  return `"${absent.join('", "')}" is not in ${folder}.${hint}`;
}
function readVariables(inputs) {
  const variables = inputs.pairs("env");
  for (const name of variables.keys()) {
    const advice = RESERVED_VARIABLES.get(name);
    if (advice !== void 0) throw new ConfigurationError(`env: "${name}" can't be set. ${advice}.`);
  }
  return variables;
}
function readPortInput(inputs) {
  const text = inputs.text("port");
  if (text === void 0) return void 0;
  const ports = text.split(":");
  if (ports.length <= 2 && ports.every(isPort)) return text;
  throw new ConfigurationError(
    `port: "${text}" is not a port. Write the port that the app listens on (8080), or the host port and the app port (80:8080).`
  );
}
function readVolumes(inputs) {
  const volumes = inputs.lines("volumes");
  for (const volume of volumes) {
    const source = VOLUME_SPEC.exec(volume)?.groups?.["source"];
    if (source === void 0) {
      throw new ConfigurationError(
        `volumes: "${volume}" has the wrong form. Write name:/path or /host/path:/path, with :ro or :rw at the end if needed.`
      );
    }
    if (source.startsWith("/") || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) continue;
    throw new ConfigurationError(
      `volumes: "${source}" is a path in the checkout, which a host does not have. Name a volume, give an absolute path on the host, or copy the files into the image.`
    );
  }
  return volumes;
}

// src/inputs/status-codes.ts
function readStatusCodes(inputs, name) {
  const codes = /* @__PURE__ */ new Set();
  for (const part of inputs.required(name).split(",").map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.["from"]);
    const to = Number(range?.["to"] ?? range?.["from"]);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `${name}: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`
      );
    }
    for (let code = from; code <= to; code += 1) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}

// src/inputs/url.ts
function readUrlCheck(inputs) {
  const url = inputs.text("url");
  const status2 = readStatusCodes(inputs, "url-status");
  const body = readExpectedBody(inputs.text("url-body"));
  const timeout = inputs.duration("url-timeout");
  if (url !== void 0) return { url: readHttpUrl("url", url), status: status2, body, timeout };
  if (body === void 0) return void 0;
  throw new ConfigurationError('url-body: it has no effect without "url". Set "url", or remove "url-body".');
}
function readHttpUrl(input, text) {
  const url = URL.canParse(text) ? new URL(text) : void 0;
  if (url !== void 0 && `${url.username}${url.password}` !== "") {
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text)}" contains a user name or password. Write a URL that works without.`
    );
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text;
  const example = input === "url" ? "https://app.example.com/up" : "https://acme.example.com/directory";
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text)}" is not an http:// or https:// URL. Write the full URL, such as ${example}.`
  );
}
var withoutCredentials = (text) => text.replace(/^(?<scheme>[a-z][a-z0-9+.-]*:\/*)?.*@/is, "$<scheme>***@");
function readExpectedBody(text) {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text ?? "")?.groups;
  if (pattern === void 0) return text;
  const { source = "", flags = "" } = pattern;
  if (/[^imsu]/.test(flags))
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known. Use only i, m, s and u.`);
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new ConfigurationError(
      `url-body: ${text} is not a regular expression of JavaScript. For plain text, remove the slashes.`,
      { cause }
    );
  }
}

// src/inputs/cluster.ts
var ORCHESTRATORS = ["docker", "swarm"];
var OWN_WAY = [
  ["strategy", "Write deploy.update_config in the Compose file"],
  ["canary", "Write deploy.update_config in the Compose file"],
  ["canary-max-errors", "A cluster has no canary"],
  ["canary-max-latency-ratio", "A cluster has no canary"],
  ["canary-min-requests", "A cluster has no canary"],
  ["canary-too-few", "A cluster has no canary"],
  ["bake", "Write deploy.update_config.monitor in the Compose file"],
  ["max-parallel", "Write deploy.update_config.parallelism in the Compose file"],
  ["edge", "The cluster sends requests to the services"],
  ["proxy-protocol", "The cluster sends requests to the services"],
  ["trusted-proxies", "The cluster sends requests to the services"],
  ["edge-image", "The cluster sends requests to the services"],
  ["health-host", "Nothing asks the app but its HEALTHCHECK"],
  ["health-status", "Nothing asks the app but its HEALTHCHECK"],
  ["network-range", "The swarm takes addresses from its own pool (docker swarm init --default-addr-pool)"],
  ["health-path", "Give the service a HEALTHCHECK"],
  ["adopt", "Name the volumes in the Compose file, with external: true"],
  ["drain-timeout", "Write stop_grace_period in the Compose file"],
  ["domains", "Run a proxy as a service of the cluster"],
  ["acme-email", "Run a proxy as a service of the cluster"],
  ["acme-directory", "Run a proxy as a service of the cluster"],
  ["acme-ca", "Run a proxy as a service of the cluster"]
];
var readOrchestrator = (inputs) => inputs.choice("orchestrator", ORCHESTRATORS);
function readClusterDeployOptions(inputs, orchestrator) {
  return {
    ...readClusterOptions(inputs, orchestrator),
    compose: readComposeSource(inputs),
    healthTimeout: inputs.duration("health-timeout"),
    keep: inputs.integer("keep", 1),
    force: inputs.flag("force"),
    accessories: inputs.choice("accessories", ["leave", "update"]),
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release")
  };
}
function readClusterOptions(inputs, orchestrator) {
  rejectHostOptions(inputs, orchestrator);
  return { url: readUrlCheck(inputs), dryRun: inputs.flag("dry-run") };
}
function rejectHostOptions(inputs, orchestrator) {
  for (const [name, advice] of OWN_WAY) {
    if (!inputs.has(name) || inputs.text(name) === (inputs.defaultOf(name) || void 0)) continue;
    throw new ConfigurationError(
      `${name}: it has no effect with orchestrator: ${orchestrator}. ${advice}, and remove "${name}".`
    );
  }
}

// src/inputs/names.ts
var LEGAL_NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;
var MAX_PROJECT_NAME = 40;
function checkApp(text) {
  if (LEGAL_NAME.test(text)) return text;
  throw new ConfigurationError(`app: "${text}" ${invalidNameText(text)}`);
}
function defaultAppName(repository) {
  const name = toLegalName(repository.slice(repository.indexOf("/") + 1));
  if (LEGAL_NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository name "${repository}" can't be used instead. Set it to a name of lower-case letters and digits.`
  );
}
function parseEnvironment(text) {
  const lower = text.toLowerCase();
  if (LEGAL_NAME.test(lower)) return lower;
  throw new ConfigurationError(`environment: "${text}" ${invalidNameText(text)}`);
}
var isProductionName = (environment) => environment.startsWith("prod");
function checkProjectLength(app, environment) {
  const { length } = `${app}-${environment}`;
  if (length <= MAX_PROJECT_NAME) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters, but at most ${MAX_PROJECT_NAME} fit into the names of containers, which are DNS labels. Make app ${length - MAX_PROJECT_NAME} characters shorter.`
  );
}
function invalidNameText(text) {
  const better = toLegalName(text);
  const example = LEGAL_NAME.test(better) ? `, such as "${better}"` : "";
  return `is not a valid name. Write lower-case letters and digits, with "-" or "_" only between them${example}.`;
}
function toLegalName(text) {
  return text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/_+-[-_]*|-+_[-_]*|_{3,}/g, "-").replace(/^[-_]+/, "").replace(/[-_]+$/, "");
}

// src/inputs/confirmation.ts
function requireConfirmation(inputs, environment, dryRun) {
  const confirmed = inputs.text("confirm");
  if (confirmed?.toLowerCase() === environment) return;
  if (confirmed !== void 0) {
    throw new ConfigurationError(
      `confirm: "${confirmed}" is not the environment to remove, which is "${environment}". Set both to the same name.`
    );
  }
  if (dryRun || !isProductionName(environment)) return;
  throw new ConfigurationError(
    `confirm: missing. "${environment}" is the name of a production environment. Set "confirm: ${environment}" to remove it with everything that runs in it.`
  );
}

// src/model/approval.ts
var APPROVAL_MODES = ["required", "if-protected", "off"];

// src/inputs/gate.ts
function readGateOptions(inputs, environment) {
  return {
    approval: readApproval(inputs, environment),
    allowSelfApproval: inputs.flag("allow-self-approval"),
    strict: inputs.flag("strict-approval"),
    checkRunId: inputs.has("check-run-id") ? readCheckRunId(inputs) : void 0,
    token: inputs.text("github-token")
  };
}
function readApproval(inputs, environment) {
  if (inputs.text("approval") !== void 0) return inputs.choice("approval", APPROVAL_MODES);
  return isProductionName(environment) ? "required" : "if-protected";
}
function readCheckRunId(inputs) {
  const text = inputs.text("check-run-id");
  if (text === void 0) return void 0;
  const id = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new ConfigurationError(
    `check-run-id: "${text}" is not the number of a check run. Remove the input: by default it is that of this job.`
  );
}

// src/inputs/did-you-mean.ts
var BOOLEAN_ALIASES = new Map([
  ...["yes", "y", "on", "1"].map((word) => [word, "true"]),
  ...["no", "n", "off", "0"].map((word) => [word, "false"])
]);
var MIN_PREFIX_LENGTH = 3;
function didYouMean(word, choices) {
  const plain = word.trim().toLowerCase().replaceAll(/[\s_]+/g, "-");
  const alias = BOOLEAN_ALIASES.get(plain);
  const meant = choices.find((choice) => choice === alias) ?? nearestWord(plain, choices) ?? choices.find((choice) => {
    const [shorter = "", longer = ""] = [plain, choice].toSorted((one, other) => one.length - other.length);
    return shorter.length >= MIN_PREFIX_LENGTH && longer.startsWith(shorter);
  });
  return meant === void 0 ? "" : ` Did you mean "${meant}"?`;
}
function nearestWord(word, candidates) {
  let best;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

// src/inputs/build.ts
var PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;
var CACHE_TYPES = ["registry", "gha", "local", "inline", "s3", "azblob"];
var CACHE_SECRET = /(?:^|,)\s*(?<field>secret_access_key|session_token|token|ghtoken)\s*=/;
var LABEL_KEY = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
  hint: 'letters, digits, ".", "_", "/" and "-"'
};
var SECRET_ID = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  hint: 'letters, digits, ".", "_" and "-"'
};
function readBuildOptions(inputs) {
  return {
    context: inputs.required("context"),
    file: inputs.text("file"),
    target: inputs.text("target"),
    buildArgs: joinPairs(inputs.pairs("build-args")),
    buildSecrets: joinPairs(inputs.pairs("build-secrets", SECRET_ID)),
    platforms: readPlatforms(inputs),
    labels: joinPairs(inputs.pairs("labels", LABEL_KEY)),
    cacheFrom: readCaches(inputs, "cache-from"),
    cacheTo: readCaches(inputs, "cache-to"),
    provenance: readAttestation(inputs, "provenance", "mode=max"),
    sbom: readAttestation(inputs, "sbom", "generator=image"),
    pull: inputs.flag("pull"),
    noCache: inputs.flag("no-cache"),
    addHosts: matchingLines(inputs, "add-hosts", /^[^\s:=]+[:=]\S+$/, "host:address"),
    buildContexts: matchingLines(
      inputs,
      "build-contexts",
      /^[^\s=]+=\S.*$/,
      "name=path, name=URL or name=docker-image://image"
    ),
    tags: readTags(inputs),
    tests: groupByService(readCommandLines(inputs, "test")),
    rebuild: inputs.flag("rebuild")
  };
}
var joinPairs = (pairs) => [...pairs].map(([key, value]) => `${key}=${value}`);
function readPlatforms(inputs) {
  const platforms = inputs.lines("platforms").flatMap((line) => line.split(",")).map((platform) => platform.trim()).filter((platform) => platform !== "");
  const wrong = platforms.find((platform) => !PLATFORM.test(platform));
  if (wrong === void 0) return [...new Set(platforms)];
  throw new ConfigurationError(
    `platforms: "${wrong}" is not os/architecture or os/architecture/variant. Write linux/amd64 or linux/arm/v7, for example.`
  );
}
function readCaches(inputs, name) {
  const caches = inputs.lines(name);
  for (const cache of caches) {
    const secret = CACHE_SECRET.exec(cache)?.groups?.["field"];
    if (secret !== void 0) {
      throw new ConfigurationError(
        `${name}: "${secret}" would be visible in the command line of the build. Remove it, and set the credentials in the environment of the job (AWS_SECRET_ACCESS_KEY and so on).`
      );
    }
    const type = /(?:^|,)\s*type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"]?.trim();
    if (type === void 0 && !cache.includes("=")) continue;
    if (type !== void 0 && CACHE_TYPES.includes(type)) continue;
    const problem = type === void 0 ? "has no type" : `has the unknown type "${type}"`;
    const meant = type === void 0 ? "" : didYouMean(type, CACHE_TYPES);
    throw new ConfigurationError(
      `${name}: "${cache}" ${problem}. Write type=registry,ref=… or another type: ${CACHE_TYPES.join(", ")}.${meant}`
    );
  }
  return caches;
}
function readAttestation(inputs, name, example) {
  const text = inputs.text(name);
  if (text === void 0 || text === "true" || text === "false") return text;
  if (/^[a-z-]+=[^\s=,]+(?:,[a-z-]+=[^\s=,]+)*$/.test(text)) return text;
  const meant = didYouMean(text, ["true", "false"]);
  throw new ConfigurationError(
    `${name}: "${text}" is neither true nor false nor attributes such as ${example}.${meant}`
  );
}
function matchingLines(inputs, name, pattern, form) {
  const lines = inputs.lines(name);
  const wrong = lines.find((line) => !pattern.test(line));
  if (wrong === void 0) return lines;
  throw new ConfigurationError(`${name}: "${wrong}" has the wrong form. Write ${form}.`);
}
function readTags(inputs) {
  const tags = inputs.lines("tags");
  for (const tag of tags) {
    const filled = tag.replaceAll(/\{\{(?<name>.*?)\}\}/g, (template, name) => {
      checkTagTemplate(template, name.trim());
      return "x";
    });
    if (isTag(filled)) continue;
    throw new ConfigurationError(
      `tags: "${tag}" is not a valid tag. Write one tag per line, each with ${TAG_RULE}.`
    );
  }
  return [...new Set(tags)];
}
function checkTagTemplate(template, name) {
  if (TAG_TEMPLATES.some((known2) => known2 === name)) return;
  const meant = nearestWord(name, TAG_TEMPLATES);
  const hint = meant === void 0 ? "" : ` Did you mean {{${meant}}}?`;
  const known = TAG_TEMPLATES.map((each) => `{{${each}}}`).join(", ");
  throw new ConfigurationError(`tags: ${template} is not one of ${known}.${hint}`);
}

// src/inputs/image.ts
var SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;
function readImageSource(inputs) {
  const images = readImages(inputs);
  const single = images.get("");
  const isBuild = images.size === 0 || images.size === 1 && single !== void 0 && isRepositoryOnly(single);
  return isBuild ? buildImageSource(inputs, single) : existingImageSource(images);
}
function readBuildImageSource(inputs) {
  const images = readImages(inputs);
  const single = images.get("");
  if (images.size > (single === void 0 ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ takes one repository, not lines of service=image. It names the image of each service after it, or after "image:" in the Compose file.'
    );
  }
  if (single?.digest !== void 0) {
    throw new ConfigurationError(
      `image: a digest names an image that exists already. Write the repository to push to: image: ${single.repository}.`
    );
  }
  if (single?.tag !== void 0) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write image: ${single.repository} and tags: ${single.tag}.`
    );
  }
  return buildImageSource(inputs, single);
}
function readExistingImageSource(inputs) {
  inputs.required(
    "image",
    'Set it to the image to deploy, preferably as repository@sha256:…: the output "image" of build/.'
  );
  return existingImageSource(readImages(inputs));
}
function readImages(inputs) {
  const images = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("image")) {
    const { service = "", image = line } = SERVICE_LINE.exec(line)?.groups ?? {};
    if (images.has(service)) {
      const owner = service === "" ? "without a service" : `for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is a second image ${owner}. Write one line of service=image for each service.`
      );
    }
    images.set(service, parseImageReference(image, "image"));
  }
  return images;
}
function buildImageSource(inputs, image) {
  const repository = image?.repository ?? defaultRepository();
  return {
    kind: "build",
    repository,
    isRepositoryGiven: image !== void 0,
    options: readBuildOptions(inputs)
  };
}
function existingImageSource(images) {
  for (const [service, image] of images) {
    if (!isRepositoryOnly(image)) continue;
    const owner = service === "" ? "" : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${owner} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`
    );
  }
  return { kind: "existing", images };
}
var isRepositoryOnly = ({ tag, digest }) => tag === void 0 && digest === void 0;
function defaultRepository() {
  const { repository = "", serverUrl } = githubVariables();
  const image = `${GITHUB_REGISTRY}/${repository.toLowerCase()}`;
  const advice = "Set it to a repository that this job can push to: registry.example.com/me/shop.";
  if (!isGitHubDotCom(serverUrl)) {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${serverUrl}. ${advice}`);
  }
  if (repository !== "" && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository name "${repository}" can't be used instead. ${advice}`
  );
}

// src/inputs/health.ts
import { isIPv6 as isIPv65 } from "node:net";
import { domainToASCII as domainToASCII2 } from "node:url";
var HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;
function readHealth(inputs) {
  const timeout = inputs.duration("health-timeout");
  const host = readHealthHost(inputs);
  const status2 = readHealthStatus(inputs);
  return {
    path: readHealthPath(inputs),
    timeout,
    ...host === void 0 ? {} : { host },
    ...status2 === void 0 ? {} : { status: status2 }
  };
}
function readHealthPath(inputs) {
  const path = inputs.text("health-path");
  if (path === void 0 || HEALTH_PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write the part of the URL after the host, beginning with "/": /up.`
  );
}
function readHealthHost(inputs) {
  const text = inputs.text("health-host");
  if (text === void 0) return void 0;
  const { name = "", port } = /^(?<name>\[[^\]]*\]|[^:/?#@\\\s]*)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  const host = name.startsWith("[") ? ipv6Host(name) : domainToASCII2(name);
  if (/^[a-z0-9._-]+$|^\[/.test(host) && (port === void 0 || isPort(port)))
    return port === void 0 ? host : `${host}:${port}`;
  throw new ConfigurationError(
    `health-host: "${text}" is not a host name. Write the name that the app answers to, without https:// and path: shop.example.com.`
  );
}
var ipv6Host = (text) => isIPv65(text.slice(1, -1)) ? text.toLowerCase() : "";
function readHealthStatus(inputs) {
  const codes = readStatusCodes(inputs, "health-status");
  return inputs.text("health-status") === inputs.defaultOf("health-status") ? void 0 : codes;
}

// src/model/strategy.ts
var STRATEGY_NAMES = ["blue-green", "rolling", "canary", "recreate"];

// src/inputs/strategy.ts
var DEFAULT_CANARY_STEPS = "5% 2m, 25% 5m, 100%";
var CANARY_HINT = `Write growing shares up to 100%, each with a duration: "${DEFAULT_CANARY_STEPS}".`;
function readStrategy(inputs) {
  const steps = inputs.lines("canary");
  const name = inputs.text("strategy") === void 0 ? void 0 : inputs.choice("strategy", STRATEGY_NAMES);
  if (steps.length > 0 && name !== void 0 && name !== "canary") {
    throw new ConfigurationError(
      `canary: it has no effect with strategy: ${name}. Remove one of them, or set strategy: canary.`
    );
  }
  if (name !== "canary" && steps.length === 0) return name === void 0 ? void 0 : { name };
  return { name: "canary", steps: parseCanarySteps(steps.length > 0 ? steps : [DEFAULT_CANARY_STEPS]) };
}
function parseCanarySteps(lines) {
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, "").split(",")).map((part) => part.trim());
  if (parts.includes("")) {
    const wrong = lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? "";
    throw canaryError(wrong, "has no step before a comma");
  }
  const steps = parts.map((part, index) => parseCanaryStep(part, index === parts.length - 1));
  for (const [index, step2] of steps.entries()) {
    const previous = steps[index - 1];
    if (previous !== void 0 && step2.share <= previous.share)
      throw canaryError(parts[index], `is not more than "${parts[index - 1]}"`);
  }
  if (steps.at(-1)?.share !== 1) throw canaryError(parts.at(-1), "is the last step, but not 100%");
  return steps;
}
function parseCanaryStep(part, isLast) {
  const [share = "", time, ...more] = part.split(/\s+/);
  const percent = parsePercent(share);
  if (percent === void 0 || percent === 0 || more.length > 0)
    throw canaryError(part, "is not a share above 0% and up to 100% with a duration");
  if (time === void 0 && !isLast) throw canaryError(part, "has no duration");
  const duration = time === void 0 ? 0 : parseDuration(time);
  if (duration === void 0 || duration > MAX_DURATION) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a duration of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`
    );
  }
  if (!isLast && duration === 0) throw canaryError(part, "leaves no time to judge the release");
  return { share: percent / 100, duration };
}
function canaryError(text, problem) {
  return new ConfigurationError(`canary: "${text}" ${problem}. ${CANARY_HINT}`);
}
function readCanaryLimits(inputs) {
  const errors = inputs.required("canary-max-errors");
  const maxErrors = parsePercent(errors);
  if (maxErrors === void 0) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%. Write 1%, for example.`
    );
  }
  const ratio2 = inputs.required("canary-max-latency-ratio");
  const maxLatencyRatio = parseDecimal(ratio2);
  if (maxLatencyRatio === void 0 || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio2}" is not a number of 1 or more. Write 1.5 to allow 50% more latency, for example.`
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer("canary-min-requests", 1),
    onTooFewRequests: inputs.choice("canary-too-few", ["go-on", "fail"])
  };
}
function readWaves(inputs) {
  const text = inputs.text("max-parallel");
  if (text === void 0) return { kind: "all" };
  const percent = parsePercent(text);
  if (percent !== void 0 && percent > 0) return { kind: "share", percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: "hosts", atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 nor a share of them. Write 2 or 25%, for example.`
  );
}

// src/inputs/trusted-proxies.ts
import { isIP as isIP3, isIPv6 as isIPv66 } from "node:net";
var KNOWN_RANGES = /* @__PURE__ */ new Map([
  // RFC 1918, RFC 4193 and loopback: what Caddy calls so.
  ["private_ranges", ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::1/128"]],
  // www.cloudflare.com/ips. The module for it is not in Caddy's official image.
  [
    "cloudflare",
    [
      ...["173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18"],
      ...["108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17"],
      ...["162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22"],
      ...["2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32"],
      ...["2a06:98c0::/29", "2c0f:f248::/32"]
    ]
  ]
]);
function readTrustedProxies(inputs) {
  const words = inputs.lines("trusted-proxies").flatMap((line) => line.split(/[\s,]+/));
  const ranges = words.filter((word) => word !== "").flatMap(rangesOf);
  const proxyProtocol = inputs.flag("proxy-protocol");
  if (ranges.length > 0) return { ranges: [...new Set(ranges)], proxyProtocol };
  if (!proxyProtocol) return void 0;
  throw new ConfigurationError(
    'proxy-protocol: it has no effect without "trusted-proxies". Set "trusted-proxies" to the addresses of the proxies that speak it.'
  );
}
function rangesOf(text) {
  const known = KNOWN_RANGES.get(text.toLowerCase());
  if (known !== void 0) return known;
  const [address = "", bits, ...more] = text.split("/");
  const longest = isIPv66(address) ? 128 : 32;
  const length = bits === void 0 ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (isIP3(address) === 0 || address.includes("%") || more.length > 0 || length < 0 || length > longest) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is neither an address, a range of addresses, private_ranges nor cloudflare. Write 203.0.113.7, 203.0.113.0/24 or one of these words.`
    );
  }
  if (length === 0) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is every address, so each visitor could choose the address that the app sees. List the addresses of your proxies.`
    );
  }
  return [`${address}/${length}`];
}

// src/inputs/options.ts
function readDeployOptions(inputs, compose) {
  const options = {
    ...readRolloutOptions(inputs),
    compose,
    strategy: readStrategy(inputs),
    health: readHealth(inputs),
    keep: inputs.integer("keep", 1),
    bake: inputs.duration("bake", 0),
    limits: readCanaryLimits(inputs),
    force: inputs.flag("force"),
    accessories: inputs.choice("accessories", ["leave", "update"]),
    adopt: inputs.text("adopt") === void 0 ? void 0 : inputs.flag("adopt"),
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release"),
    edge: inputs.choice("edge", ["caddy", "none"]),
    trustedProxies: readTrustedProxies(inputs),
    waves: readWaves(inputs)
  };
  if (options.edge === "none") rejectEdgeFeatures(options);
  if (options.trustedProxies?.proxyProtocol === true && compose.domains.size > 0) {
    throw new ConfigurationError(
      'proxy-protocol: not with "domains", since the ports 80 and 443 serve all apps of a host. Publish a port for the proxy in place of "domains", or let the proxy send X-Forwarded-For over HTTPS.'
    );
  }
  return options;
}
function rejectEdgeFeatures({ compose, health, strategy, trustedProxies }) {
  const problem = compose.domains.size > 0 ? "domains: with edge: none, your own proxy serves the domains. Remove domains" : strategy?.name === "canary" ? "strategy: with edge: none, no edge can select the visitors of a canary. Choose blue-green or rolling" : health.path !== void 0 ? "health-path: with edge: none, no edge can request the path. Give the service a HEALTHCHECK" : health.host !== void 0 ? "health-host: with edge: none, no edge asks the app. Remove health-host" : trustedProxies !== void 0 ? "trusted-proxies: with edge: none, your own proxy decides whom it trusts. Remove trusted-proxies" : void 0;
  if (problem !== void 0) throw new ConfigurationError(`${problem}, or set edge: caddy.`);
}
function readRolloutOptions(inputs) {
  return {
    drainTimeout: inputs.duration("drain-timeout"),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag("dry-run"),
    lockTimeout: inputs.duration("lock-timeout", 0),
    edgeImage: readEdgeImage(inputs),
    acme: readAcme(inputs)
  };
}
function readRollbackTo(inputs) {
  const to = inputs.text("to");
  if (to === void 0 || isTag(to) || isDigest(to)) return to;
  if (to.includes("@")) return parseImageReference(to, "to").digest;
  throw new ConfigurationError(
    `to: "${to}" names no release. Write a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`
  );
}
function readEdgeImage(inputs) {
  const image = inputs.required("edge-image");
  parseImageReference(image, "edge-image");
  return image;
}
function readAcme(inputs) {
  const email = inputs.text("acme-email");
  if (email !== void 0 && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ConfigurationError(
      `acme-email: "${email}" is not an email address. Write one, such as ops@example.com.`
    );
  }
  const directory = inputs.text("acme-directory");
  const ca = inputs.text("acme-ca");
  if (ca !== void 0 && directory === void 0) {
    throw new ConfigurationError(
      'acme-ca: it has no effect without "acme-directory". Set "acme-directory", or remove "acme-ca".'
    );
  }
  return {
    directory: directory === void 0 ? void 0 : readHttpUrl("acme-directory", directory),
    email,
    ca: ca === void 0 ? void 0 : checkCertificate("acme-ca", ca)
  };
}

// src/inputs/reader.ts
var Inputs = class {
  command;
  constructor(command) {
    this.command = command;
  }
  /** Whether the action of the command has this input. */
  has(name) {
    return Object.hasOwn(INPUTS[this.command], name);
  }
  /** The default in action.yml, '' where there is none. */
  defaultOf(name) {
    const text = INPUTS[this.command][name];
    if (text === void 0) throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    return text;
  }
  /**
   * The text without surrounding white space. An empty input means the default, so an unset variable in the workflow
   * does no harm; `undefined` where there is no default either.
   */
  text(name) {
    const fallback = this.defaultOf(name);
    return getInput(name) || fallback || void 0;
  }
  /**
   * The text of an input that the user must give, or that has a default.
   *
   * @param advice a sentence that says what to write when it is missing
   */
  required(name, advice = "Set it.") {
    const text = this.text(name);
    if (text === void 0) throw new ConfigurationError(`${name}: missing. ${advice}`);
    return text;
  }
  /** The lines, without empty ones and comments (`#`). */
  lines(name) {
    return this.numberedLines(name).map(({ text }) => text);
  }
  /** The same with their line numbers from 1, for errors that must not repeat a line. */
  numberedLines(name) {
    return (this.text(name) ?? "").split(/\r?\n/).map((line, index) => ({ number: index + 1, text: line.trim() })).filter(({ text }) => text !== "" && !text.startsWith("#"));
  }
  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name, key, alone) {
    return parsePairs(this.text(name) ?? "", name, key, alone);
  }
  /** `true` or `false` of YAML 1.2, for which `yes`, `on` and `1` are text. */
  flag(name) {
    const text = this.required(name);
    if (["true", "True", "TRUE"].includes(text)) return true;
    if (["false", "False", "FALSE"].includes(text)) return false;
    const meant = didYouMean(text, ["true", "false"]);
    throw new ConfigurationError(`${name}: "${text}" is neither true nor false.${meant}`);
  }
  /** One of a few words; capital letters count. */
  choice(name, choices) {
    const text = this.required(name);
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== void 0) return chosen;
    const meant = didYouMean(text, choices);
    throw new ConfigurationError(`${name}: "${text}" is not one of ${choices.join(", ")}.${meant}`);
  }
  /** A whole number of at least `least`. */
  integer(name, least) {
    const text = this.required(name);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text}" is not a whole number of ${least} or more.`);
    }
    return value;
  }
  /** Milliseconds, at least `least` and at most a day. */
  duration(name, least = 1) {
    const text = this.required(name);
    const value = parseDuration(text);
    if (value === void 0) {
      const example = /^\d+$/.test(text) ? `"${text}s" for seconds` : "60s, 2m, 1m30s or 500ms";
      throw new ConfigurationError(
        `${name}: "${text}" is not a duration. Write a number with its unit: ${example}.`
      );
    }
    if (value < least || value > MAX_DURATION) {
      const range = least === 0 ? "at most 24h" : "more than 0s and at most 24h";
      throw new ConfigurationError(`${name}: "${text}" is out of range. Write ${range}.`);
    }
    return value;
  }
};

// src/inputs/secrets.ts
var MIN_PIECE_LENGTH = 8;
var MIN_SECRET_LENGTH = 2;
function maskSecrets(command) {
  const inputs = new Inputs(command);
  const read = (name) => inputs.has(name) ? inputs.text(name) : void 0;
  const masks = /* @__PURE__ */ new Set();
  const addWithForms = (text) => {
    if (text !== void 0 && text.length >= MIN_SECRET_LENGTH)
      for (const form of encodedForms(text)) masks.add(form);
  };
  for (const name of ["ssh-key", "tls-key"])
    for (const piece of privateKeyMasks(read(name))) masks.add(piece);
  for (const name of ["ssh-key-passphrase", "registry-password", "github-token"])
    addWithForms(read(name));
  const addLines = (text) => {
    addWithForms(text);
    for (const line of nonEmptyLines(text)) if (line.length >= MIN_PIECE_LENGTH) masks.add(line);
  };
  const logins = registryLogins(read("registry-username"), read("registry-password"));
  for (const [user, password] of [
    ...logins,
    [jobTokenUser(), read("github-token")],
    ["x-access-token", read("github-token")]
  ]) {
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const [, password] of logins) addLines(password);
  for (const value of buildSecretValues(inputs, read("build-secrets"))) addLines(value);
  for (const value of sshVariableValues(inputs)) if (value.length >= MIN_PIECE_LENGTH) addWithForms(value);
  for (const text of [...nonEmptyLines(read("hosts")), read("url") ?? ""]) {
    const [user, password] = urlCredentials(text);
    addWithForms(password);
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const mask of masks) setSecret(mask);
}
function privateKeyMasks(key) {
  if (key === void 0) return [];
  const lines = nonEmptyLines(key).flatMap((line) => line.split("\\n")).filter((line) => !line.startsWith("-----"));
  const long = lines.filter((line) => line.length >= MIN_PIECE_LENGTH);
  return [...long, ...long.length > 1 ? [lines.join("")] : [], base64(key), base64(`${key}
`)];
}
function encodedForms(secret) {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}
`)];
}
function buildSecretValues(inputs, text) {
  if (text === void 0) return [];
  try {
    return [...inputs.pairs("build-secrets", { pattern: /./, hint: "" }).values()];
  } catch (error2) {
    if (error2 instanceof ConfigurationError) return nonEmptyLines(text);
    throw error2;
  }
}
function registryLogins(username, password) {
  try {
    return loginPairs(username, password);
  } catch (error2) {
    if (!(error2 instanceof ConfigurationError)) throw error2;
    const lines = nonEmptyLines(password);
    return [...lines, ...lines.map((line) => line.slice(line.indexOf("=") + 1))].map((text) => ["", text]);
  }
}
function sshVariableValues(inputs) {
  if (!inputs.has("ssh-env")) return [];
  try {
    return Object.values(readSshVariables(inputs) ?? {});
  } catch (error2) {
    if (!(error2 instanceof ConfigurationError)) throw error2;
    return nonEmptyLines(inputs.text("ssh-env")).map((line) => line.replace(/^[A-Za-z_]\w*(?:=|$)/, ""));
  }
}
function urlCredentials(text) {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?<user>[^:/@]*):(?<password>[^/]+)@/i.exec(text)?.groups;
  return [found?.["user"] ?? "", found?.["password"]];
}
function nonEmptyLines(text) {
  return (text ?? "").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}
var base64 = (text) => Buffer.from(text).toString("base64");

// src/inputs/unknown-inputs.ts
function warnOfUnknownInputs(command) {
  const declared = Object.keys(INPUTS[command]);
  const warnings = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("INPUT_")) continue;
    const name = variable.slice("INPUT_".length).toLowerCase();
    if (name === "" || declared.includes(name)) continue;
    const intended = declared.find((known) => withoutSeparators(known) === withoutSeparators(name));
    if (intended !== void 0)
      throw new ConfigurationError(`${name}: there is no such input. Write "${intended}".`);
    const others = actionsWithInput(name);
    const meant = nearestWord(name, declared);
    if (others.length > 0) {
      const owners = others.join(", ");
      warnings.push(`${name}: not used. It is an input of ${owners}, not of ${actionFolder(command)}.`);
    } else if (meant !== void 0) {
      warnings.push(`${name}: not used, because there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}
function actionsWithInput(name) {
  const all = Object.entries(INPUTS);
  return all.flatMap(([command, inputs]) => Object.hasOwn(inputs, name) ? actionFolder(command) : []);
}
var actionFolder = (command) => command === "deliver" ? "the main action" : `${command}/`;
var withoutSeparators = (name) => name.replaceAll(/[-_ ]/g, "");

// src/inputs/request.ts
function readRequest(command) {
  maskSecrets(command);
  const unknown = warnOfUnknownInputs(command);
  const inputs = new Inputs(command);
  const request6 = READERS[command](inputs);
  return { request: request6, warnings: [...unknown, ...warnOfUnusedInputs(inputs, request6)] };
}
var READERS = {
  deliver: (inputs) => readDeployment(inputs, "deliver", readImageSource),
  deploy: (inputs) => readDeployment(inputs, "deploy", readExistingImageSource),
  build(inputs) {
    const source = readBuildImageSource(inputs);
    return {
      command: "build",
      source,
      registry: readRegistryCredentials(inputs, source),
      compose: readComposeFiles(inputs)
    };
  },
  rollback(inputs) {
    const destination = readDestination(inputs);
    const common = {
      command: "rollback",
      destination,
      gate: readGateOptions(inputs, destination.environment),
      to: readRollbackTo(inputs),
      healthTimeout: inputs.text("health-timeout") === void 0 ? void 0 : inputs.duration("health-timeout"),
      registry: readRegistryCredentials(inputs, void 0)
    };
    const orchestrator = readOrchestrator(inputs);
    return orchestrator === "docker" ? { orchestrator, ...common, options: readRolloutOptions(inputs) } : { orchestrator, ...common, options: readClusterOptions(inputs, orchestrator) };
  },
  status(inputs) {
    const destination = readDestination(inputs);
    return { command: "status", orchestrator: readOrchestrator(inputs), destination };
  },
  remove(inputs) {
    const destination = readDestination(inputs);
    const dryRun = inputs.flag("dry-run");
    requireConfirmation(inputs, destination.environment, dryRun);
    const gate2 = readGateOptions(inputs, destination.environment);
    return {
      command: "remove",
      ...{ destination, gate: gate2, dryRun },
      removeVolumes: inputs.flag("remove-volumes"),
      lockTimeout: inputs.duration("lock-timeout", 0)
    };
  },
  gate(inputs) {
    const environment = readEnvironment(inputs);
    return { command: "gate", environment, gate: readGateOptions(inputs, environment) };
  }
};
function readDeployment(inputs, command, readSource) {
  const destination = readDestination(inputs);
  const source = readSource(inputs);
  const common = {
    command,
    destination,
    source,
    registry: readRegistryCredentials(inputs, source),
    gate: readGateOptions(inputs, destination.environment),
    allowDowngrade: inputs.flag("allow-downgrade")
  };
  const orchestrator = readOrchestrator(inputs);
  return orchestrator === "docker" ? { ...common, orchestrator, options: readDeployOptions(inputs, readComposeSource(inputs)) } : { ...common, orchestrator, options: readClusterDeployOptions(inputs, orchestrator) };
}
function readDestination(inputs) {
  const buildOnly = inputs.command === "deliver" ? " To build and push only, use the action in build/." : "";
  const environment = readEnvironment(inputs, buildOnly);
  inputs.required("hosts", `List the hosts of ${environment}, one per line: ssh://user@host.${buildOnly}`);
  const appInput = inputs.text("app");
  const app = appInput === void 0 ? defaultAppName(githubVariables().repository ?? "") : checkApp(appInput);
  checkProjectLength(app, environment);
  const hosts = readHosts(inputs);
  return {
    app,
    environment,
    hosts,
    access: readAccess(inputs, hosts),
    networkRange: inputs.has("network-range") ? readNetworkRange(inputs) : void 0
  };
}
var readEnvironment = (inputs, advice = "") => parseEnvironment(
  inputs.required("environment", `Name the environment, such as staging or production.${advice}`)
);
function warnOfUnusedInputs(inputs, request6) {
  if (request6.command !== "deliver" && request6.command !== "deploy") return [];
  const warnings = unusedMinimalInputs(request6.options.compose);
  const testUnused = request6.command === "deliver" && request6.source.kind === "existing" && inputs.text("test") !== void 0;
  return testUnused ? [...warnings, 'test: not run, because "image" names an image that is already built.'] : warnings;
}

// src/report/workflow-place.ts
function workflowPlace({ workflowRef = "", repository, job = "", actionRepository = "" }, input, readText) {
  const { owner, file } = /^(?<owner>[^/]+\/[^/]+)\/(?<file>\.github\/workflows\/[^@]+)@/.exec(workflowRef)?.groups ?? {};
  if (file === void 0 || owner !== repository) return void 0;
  const lines = linesOfKey(readText(file) ?? "", ["jobs", job, "steps"]);
  const [uses, ...others] = lines.filter(({ text }) => usesAction(text, actionRepository));
  if (uses === void 0 || others.length > 0) return { file };
  const given = stepAround(lines, uses).find(({ text }) => text.trimStart().startsWith(`${input}:`));
  return { file, startLine: (given ?? uses).number };
}
function usesAction(text, actionRepository) {
  const action = /^[\s-]*uses: *["']?(?<action>[^@\s"']+)@/.exec(text)?.groups?.["action"] ?? "";
  return actionRepository !== "" && `${action}/`.startsWith(`${actionRepository}/`);
}
function stepAround(lines, line) {
  const indentOfItem = lines[0]?.text.indexOf("-") ?? 0;
  const starts = lines.filter(({ text }) => text.indexOf("- ") === indentOfItem).map(({ number }) => number);
  const first = starts.findLast((number) => number <= line.number) ?? line.number;
  const next = starts.find((number) => number > line.number) ?? Number.POSITIVE_INFINITY;
  return lines.filter(({ number }) => number >= first && number < next);
}

// src/report/annotations.ts
var MAX_PLACES = 3;
function failureAnnotations(error2, headline, { app, environment }, { isInput, workflowJob, readText }) {
  const [, name = ""] = /^([a-z][a-z-]*): /.exec(headline) ?? [];
  const destination = [app, environment].filter((part) => part !== void 0).join(" → ");
  const where = environment === void 0 ? "Sealift" : `Sealift: ${destination}`;
  const places = error2 instanceof SealiftError ? error2.places : [];
  const main = isInput(name) ? { title: `Input ${name}`, ...places.length === 0 ? workflowPlace(workflowJob, name, readText) : {} } : { title: where };
  return [
    { message: headline, ...main },
    ...places.slice(0, MAX_PLACES).flatMap((place) => placeAnnotation(place, readText) ?? [])
  ];
}
function placeAnnotation({ files, path, problem }, readText) {
  for (const file of files) {
    const startLine = lineOfKey(readText(file) ?? "", path);
    if (startLine !== void 0) return { message: problem, title: path.join("."), file, startLine };
  }
  return void 0;
}

// src/report/steps.ts
var completedSteps = (steps) => steps.filter((step2) => step2.startMs !== void 0 && step2.durationMs !== void 0);
var hasFailed = ({ ok, aborted }) => ok === false && aborted !== true;
var startOf = ([first, ...others]) => others.reduce((start, { startMs }) => Math.min(start, startMs), first?.startMs ?? 0);
var endOf = (steps) => steps.reduce((end, { startMs, durationMs }) => Math.max(end, startMs + durationMs), 0);
function shortHostNames(hosts) {
  const bare = (name) => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, "");
  const namesakes = Map.groupBy(new Set(hosts), bare);
  return (host) => {
    const short = bare(host);
    return short !== "" && namesakes.get(short)?.length === 1 ? short : host;
  };
}

// src/report/canary-table.ts
function canaryTable({ steps }) {
  const rows = /* @__PURE__ */ new Map();
  for (const step2 of steps) {
    const { metrics } = step2;
    if (metrics === void 0) continue;
    const share = step2.stage === "bake" ? "100% (bake)" : formatPercent(metrics.share);
    const title = hasFailed(step2) ? `${share} on ${codeSpan(step2.host)}` : share;
    rows.set(title, [...rows.get(title) ?? [], { ...step2, metrics }]);
  }
  if (rows.size === 0) return "";
  return markdownTable(
    ["Share", "Requests, new / old", "5xx, new / old", "Latency, new / old", "Result"],
    [...rows].map(([title, row]) => {
      const release = sumOf(row.map(({ metrics }) => metrics.release));
      const baseline = sumOf(row.flatMap(({ metrics }) => metrics.baseline ?? []));
      const both = (text) => `${text(release)} / ${text(baseline)}`;
      return [title, both(requestsText), both(errorRateText), both(latencyText), resultText(row)];
    })
  );
}
function resultText(row) {
  if (row.some(hasFailed)) return "**✗**";
  const tooFew = row.filter(({ metrics }) => metrics.tooFewRequests).length;
  if (tooFew > 0) return `too few requests${tooFew === row.length ? "" : ` on ${tooFew} of ${row.length}`}`;
  if (row.some(({ aborted }) => aborted)) return "aborted";
  return row.some(({ metrics }) => metrics.inconclusive) ? "✓ (errors may be chance)" : "✓";
}
function sumOf(all) {
  const sum = (figure) => all.reduce((total, stats) => total + figure(stats), 0);
  const timed = sum(({ requests, latencyMs }) => latencyMs === void 0 ? 0 : requests);
  return {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    latencyMs: timed === 0 ? void 0 : sum(({ requests, latencyMs = 0 }) => latencyMs * requests) / timed
  };
}
var requestsText = ({ requests }) => requests.toLocaleString("en-US");
var errorRateText = ({ requests, errors }) => requests === 0 ? "–" : formatPercent(errors / requests);
var latencyText = ({ latencyMs }) => {
  if (latencyMs === void 0) return "–";
  return latencyMs < 10 ? `${Number(latencyMs.toFixed(1))}ms` : formatDuration(latencyMs);
};

// src/report/code-format.ts
var HOST_URL = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;
var MAX_FORMATTED_LENGTH = 2e4;
function formatNamesAsCode(report, value) {
  const hosts = "hosts" in report ? report.hosts : [];
  const { release, previous } = "release" in report ? report : {};
  const text = shorten(value, MAX_FORMATTED_LENGTH);
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  const isUsed = (name) => text.includes(name);
  const names = [...new Set(hosts.map(({ host }) => host))].filter(isUsed).sort((one, other) => other.length - one.length).map(escapeRegExp);
  const words = [...new Set(ids)].filter(isUsed).map((id) => `(?<![\\w-])${escapeRegExp(id)}(?![\\w-])`);
  return text.split(new RegExp(`(${[...names, ...words, HOST_URL].join("|")})`)).map((part, index) => index % 2 === 1 ? codeSpan(part) : keepEdgeSpaces(part)).join("");
}
var escapeRegExp = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
var keepEdgeSpaces = (part) => `${/^\s/.test(part) ? " " : ""}${markdownText(part)}${/\S\s$/.test(part) ? " " : ""}`;

// src/report/details-list.ts
function deploymentDetails(report) {
  const { approval, images, steps, tags, build: build2, environmentUrl, answer } = report;
  return itemList([
    ...downtimeItems(report),
    ...approvalItems(approval),
    ...imageItems(images, steps),
    ...tagItems(tags),
    ...buildItems(build2),
    ...urlItems(environmentUrl, answer)
  ]);
}
var buildDetails = ({ images, tags, build: build2 }) => itemList([...imageItems(images), ...tagItems(tags), ...buildItems(build2)]);
var imageList = ({ images }) => itemList(imageItems(images));
var approvalList = ({ approval }) => itemList(approvalItems(approval));
var itemList = (items) => items.map((item) => `- ${item}`).join("\n");
var approvalItems = (approval) => approval === void 0 ? [] : [`**Approval** ${markdownText(approvalText(approval))}`];
var tagItems = (tags) => tags.length === 0 ? [] : [`**Tags** ${tags.map(codeSpan).join(" ")}`];
var buildItems = (build2) => build2 === void 0 ? [] : [`**Build** ${buildText(build2)}`];
function urlItems(url, answer) {
  if (url === void 0) return [];
  return [
    `**URL** ${link(markdownText(url), url)}${answer === void 0 ? "" : `: ${markdownText(answer)}`}`
  ];
}
function imageItems(images, steps = []) {
  const services = /* @__PURE__ */ new Map();
  for (const [service, image] of Object.entries(images)) {
    services.set(image, [...services.get(image) ?? [], ...service === "" ? [] : [service]]);
  }
  return [...services].map(([image, names]) => {
    const of = services.size > 1 && names.length > 0 ? ` of ${markdownText(names.join(", "))}` : "";
    if (isPlaceholder(image)) return `**Image**${of} ${codeSpan(repositoryOf(image))}, ${NOT_BUILT_TEXT}`;
    const size = sizeOnDisk(steps, image);
    return `**Image**${of}${size === void 0 ? "" : ` (${formatBytes(size)})`} ${codeSpan(image)}`;
  });
}
var sizeOnDisk = (steps, image) => steps.flatMap(({ images = [] }) => images).find((each) => each.image === image && each.size !== void 0)?.size;
function downtimeItems({ hosts }) {
  const durations = /* @__PURE__ */ new Map();
  for (const { host, downtime } of hosts) {
    if (downtime === void 0) continue;
    const { services, complete, durationMs } = downtime;
    const title = complete ? "Downtime" : `Downtime of ${markdownText(joinWithAnd(services))}`;
    const duration = `${formatDuration(durationMs)}${hosts.length === 1 ? "" : ` on ${codeSpan(host)}`}`;
    durations.set(title, [...durations.get(title) ?? [], duration]);
  }
  return [...durations].map(([title, all]) => `**${title}** ${all.join(", ")}`);
}
function buildText({ reused, tested, times }) {
  if (reused) return "reused: the registry already has this commit";
  const phases = Object.entries(times).map(([phase, time]) => {
    const title = phase === "build" ? "" : `${phase === "test" ? "test inside the image" : markdownText(phase)} `;
    return `${title}${formatDuration(time)}`;
  });
  return [...phases, ...tested ? [] : ["not tested"]].join(" · ");
}

// src/report/gantt.ts
var MAX_SECTIONS = 3;
var MIN_PART = 4e-3;
function ganttChart({ steps, hosts: given }) {
  const completed = completedSteps(steps);
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))];
  const end = endOf(completed);
  const sections = sectionsOf(completed, hosts).map(({ title, bars }) => ({ title, bars: bars.filter((bar2) => isVisible(bar2, end)) })).filter(({ bars }) => bars.length > 0);
  if (sections.length === 0) return "";
  const longest = Math.max(...sections.map(({ title }) => title.length));
  const config = { fontSize: 12, sectionFontSize: 13, barHeight: 18, barGap: 4, topPadding: 46 };
  const layout = { ...config, gridLineStartPadding: 46, leftPadding: 24 + Math.ceil(longest * 7.2) };
  const lines = [
    `%%{init: ${JSON.stringify({ gantt: layout })}}%%`,
    "gantt",
    // Seconds of the epoch: they do not depend on the time zone of the reader.
    ...["dateFormat x", "axisFormat %ss", `tickInterval ${tickInterval(end)}`, "todayMarker off"],
    ...sections.flatMap(({ title, bars }) => [`section ${title}`, ...bars.map(barLine)])
  ];
  return codeBlock(
    lines.map((line, index) => index < 2 ? line : `  ${line}`),
    "mermaid"
  );
}
function sectionsOf(steps, hosts) {
  const nameOf2 = shortHostNames(hosts);
  const own = Map.groupBy(steps, ({ host }) => host);
  const sectionOf2 = (host) => ({
    title: sectionTitle(nameOf2(host)),
    bars: barsOf(own.get(host) ?? [])
  });
  if (hosts.length <= MAX_SECTIONS) return hosts.map(sectionOf2);
  const failed = new Set(steps.filter(hasFailed).map(({ host }) => host));
  return [
    { title: `${hosts.length} hosts`, bars: stagesOfFleet(steps) },
    ...[...failed].slice(0, MAX_SECTIONS).map(sectionOf2)
  ];
}
function barsOf(steps) {
  const bars = [];
  for (const step2 of steps.toSorted((one, other) => one.startMs - other.startMs)) {
    const bar2 = barOf(step2);
    const last = bars.at(-1);
    if (last?.title === bar2.title) bars[bars.length - 1] = joinBars(last, bar2);
    else bars.push(bar2);
  }
  return bars;
}
function stagesOfFleet(steps) {
  const stages = Map.groupBy(steps.map(barOf), ({ title }) => title);
  return [...stages.values()].flatMap(([first, ...others]) => first === void 0 ? [] : others.reduce(joinBars, first)).toSorted((one, other) => one.start - other.start);
}
function barOf(step2) {
  const { stage, undo, metrics, startMs, durationMs } = step2;
  const isCanary = metrics !== void 0 && stage !== "bake" && !undo;
  return {
    title: isCanary ? `Canary ${formatPercent(metrics.share)}` : stageTitle(undo ? "roll-back" : stage),
    start: startMs,
    end: startMs + durationMs,
    failed: hasFailed(step2),
    undo,
    isSwitch: stage === "switch" && metrics === void 0 && !undo
  };
}
var joinBars = (one, other) => ({
  ...one,
  start: Math.min(one.start, other.start),
  end: Math.max(one.end, other.end),
  failed: one.failed || other.failed
});
var isShort = ({ start, end }, total) => end - start < total * MIN_PART;
var isVisible = (bar2, total) => bar2.failed || bar2.isSwitch || !isShort(bar2, total);
function barLine({ title, start, end, failed, undo, isSwitch }) {
  const name = `${title} ${formatDuration(end - start)}`;
  if (isSwitch && !failed) return `${name} :milestone, ${start}, ${start}`;
  const kind = failed ? "crit, " : undo ? "done, " : "active, ";
  return `${name} :${kind}${start}, ${Math.max(end, start + 1)}`;
}
var sectionTitle = (host) => oneLine(host).replace(/[^\p{L}\p{N} ._@/:[\]-]/gu, "").replaceAll(":", " ").slice(0, 40).trim() || "host";
var TICKS = [
  ...[100, 500].map((each) => [each, `${each}millisecond`]),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 1e3, `${each}second`]),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 6e4, `${each}minute`]),
  ...[1, 2, 6, 12, 24].map((each) => [each * 36e5, `${each}hour`])
];
var MAX_TICKS = 8;
var tickInterval = (end) => TICKS.find(([milliseconds]) => end / milliseconds <= MAX_TICKS)?.[1] ?? "24hour";

// src/report/hosts-table.ts
var MAX_HOST_ROWS = 100;
var MAX_REASON_LENGTH = 1e3;
function hostsTable(report) {
  const { result, steps } = report;
  const hosts = report.hosts;
  if (result === "planned" || hosts.length === 0) return "";
  const own = Map.groupBy(steps, ({ host }) => host);
  const stepsOf = (host) => own.get(host) ?? [];
  const pulled = new Map(hosts.map(({ host }) => [host, pulledBytes(stepsOf(host))]));
  const markOf = (host) => mark(result, host, stepsOf(host.host));
  const columns = [
    ["Host", ({ host }) => codeSpan(host), true],
    ["Before", ({ was }) => releaseSpan(was), true],
    ["Now", ({ is, unknown }) => unknown ? "**unknown**" : releaseSpan(is), true],
    [
      "Pulled",
      ({ host }) => sizeText(pulled.get(host)),
      [...pulled.values()].some((bytes) => bytes !== void 0)
    ],
    [
      "Downtime",
      ({ downtime }) => downtime === void 0 ? "–" : formatDuration(downtime.durationMs),
      hosts.some(({ downtime }) => downtime !== void 0)
    ],
    [
      "Result",
      (host) => `${markOf(host)} ${formatNamesAsCode(report, shorten(host.why, MAX_REASON_LENGTH))}`,
      true
    ]
  ];
  const used = columns.filter(([, , isUsed]) => isUsed);
  const shown = mostNotableFirst(hosts, markOf).slice(0, MAX_HOST_ROWS);
  const table = markdownTable(
    used.map(([title]) => title),
    shown.map((host) => used.map(([, cell2]) => cell2(host)))
  );
  const more = hosts.length - shown.length;
  return more === 0 ? table : `${table}

And ${more} more hosts, each as one of these. The log has all.`;
}
function mostNotableFirst(hosts, markOf) {
  if (hosts.length <= MAX_HOST_ROWS) return hosts;
  const rank = (host) => ["❌", "⚠️", "↩️", "–", "✅"].indexOf(markOf(host));
  return hosts.toSorted((one, other) => rank(one) - rank(other));
}
function mark(result, { unknown, rollbackIncomplete, unreachable }, steps) {
  if (unknown || rollbackIncomplete || unreachable !== void 0) return "⚠️";
  if (result === "deployed" || result === "unchanged" || result === "removed") return "✅";
  if (steps.some(hasFailed)) return "❌";
  return steps.some(({ undo }) => undo) ? "↩️" : "–";
}
function pulledBytes(steps) {
  const images = steps.flatMap((step2) => step2.images ?? []);
  if (images.length === 0 || images.some(({ pulled }) => pulled === void 0)) return void 0;
  return images.reduce((sum, { pulled = 0 }) => sum + pulled, 0);
}
var NO_BREAK = " ";
var sizeText = (bytes) => bytes === void 0 ? "–" : bytes === 0 ? "nothing" : formatBytes(bytes).replace(" ", NO_BREAK);
var releaseSpan = (release) => release === void 0 ? "–" : codeSpan(release);

// src/report/repository-url.ts
var repositoryUrl = ({ runUrl }) => runUrl === void 0 ? void 0 : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
function compareUrl(report) {
  const { command, revision, previousRevision } = report;
  const repository = repositoryUrl(report);
  if (repository === void 0 || revision === void 0 || previousRevision === void 0) return void 0;
  if (revision === previousRevision) return void 0;
  const [from, to] = command === "rollback" ? [revision, previousRevision] : [previousRevision, revision];
  return `${repository}/compare/${from}...${to}`;
}

// src/report/rollback-help.ts
function rollbackHelp(report) {
  const { command, result, previous, rollbackWorkflow } = report;
  if (result !== "deployed" || command === "rollback" || previous === void 0) return "";
  const kept = keptText(report.orchestrator, previous);
  const repository = repositoryUrl(report);
  if (rollbackWorkflow === void 0 || repository === void 0)
    return detailsBlock("How to roll back", `${kept}

${codeBlock(stepLines(report), "yaml")}`);
  const { file, inputs } = rollbackWorkflow;
  const workflow = link(`Run ${codeSpan(file)}`, `${repository}/actions/workflows/${file}`);
  const values = /* @__PURE__ */ new Map([
    ["app", report.app],
    ["environment", report.environment],
    ["to", previous],
    ["release", previous]
  ]);
  const options = inputs.flatMap((name) => {
    const value = values.get(name);
    return value === void 0 ? [] : ["-f", `${name}=${value}`];
  });
  const line = quoteCommand(["gh", "workflow", "run", file, ...options]);
  return `**To roll back** to ${codeSpan(previous)}: ${workflow}, or

${codeBlock([line], "sh")}

${kept}`;
}
function keptText(orchestrator, previous) {
  const unless = `Unless ${codeSpan("keep")} is 1,`;
  return orchestrator === "docker" ? `${unless} the containers of ${codeSpan(previous)} are kept on the hosts, so a rollback only starts them again.` : `${unless} ${codeSpan(previous)} is kept with its configuration and secrets, so a rollback deploys it as it was.`;
}
function stepLines({ app, environment, previous, hosts, orchestrator }) {
  return [
    "- uses: sealift/sealift/rollback@v1",
    "  with:",
    `    app: ${JSON.stringify(app ?? "")}`,
    `    environment: ${JSON.stringify(environment ?? "")}`,
    `    to: ${JSON.stringify(previous)}`,
    ...orchestrator === "docker" ? [] : [`    orchestrator: ${orchestrator}`],
    "    hosts: |",
    ...hosts.map(({ host }) => `      ${host}`),
    "    # plus ssh-key, known-hosts, … as in this job"
  ];
}

// src/report/summary-head.ts
function destinationText({ app, environment }) {
  if (app === void 0) return "";
  return ` ${markdownText(app)}${environment === void 0 ? "" : ` → ${markdownText(environment)}`}`;
}
function failureParts(report, title = failedTitle(report), evidence = []) {
  const { error: error2, details, state } = report;
  return [
    { name: "the headline", importance: 100, markdown: `## ${title}` },
    {
      ...{ name: "the error", importance: 99 },
      markdown: error2 === void 0 ? "" : `**${formatNamesAsCode(report, error2)}**`
    },
    { name: "the failed step", importance: 97, markdown: "steps" in report ? failedStepText(report) : "" },
    { name: "the output", importance: 95, markdown: outputBlock(details) },
    ...evidence,
    {
      ...{ name: "the state", importance: 98 },
      markdown: error2 === void 0 ? "" : formatNamesAsCode(report, state)
    }
  ];
}
function failedTitle(report) {
  const what = destinationText(report);
  const isDeploy = report.command === "deliver" || report.command === "deploy";
  return `❌${what === "" ? " Failed" : `${what}: ${isDeploy ? "nothing was deployed" : "failed"}`}`;
}
function failedStepText({ steps, hosts }) {
  const failed = completedSteps(steps).find(({ ok, aborted, undo }) => ok === false && !aborted && !undo);
  if (failed === void 0) return "";
  const { host, stage, text, startMs, durationMs } = failed;
  const where = hosts.length > 1 ? ` on ${codeSpan(host)}` : "";
  return `Failed in **${stageTitle(stage)}**${where}: ${markdownText(text)}, ${formatDuration(startMs + durationMs)} after the start.`;
}
var overviewPart = (texts) => ({
  ...{ name: "the overview", importance: 96 },
  markdown: texts.join(" · ")
});
function approvalWords(approval) {
  if (approval?.kind === "off") return ["**approval off**"];
  return approval?.kind === "approved" ? [`approved by ${markdownText(approvalWord(approval))}`] : [];
}
function runTexts({ durationMs, actor, runUrl }) {
  return [
    ...durationMs === 0 ? [] : [formatDuration(durationMs)],
    ...actor === void 0 ? [] : [`by ${markdownText(actor)}`],
    ...runUrl === void 0 ? [] : [runLink(runUrl)]
  ];
}
function runLink(runUrl) {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === void 0 ? "run" : `run ${number}`, runUrl);
}
function commitLink(report) {
  const { revision } = report;
  if (revision === void 0) return "";
  const repository = repositoryUrl(report);
  const address = repository === void 0 ? void 0 : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}
var foldedIf = ({ error: error2 }, markdown) => error2 === void 0 || markdown === "" ? markdown : detailsBlock("Images and build", markdown);

// src/report/report.ts
var REPORTED_STAGES = [...STAGES, "remove"];

// src/report/timeline.ts
var MAX_HOST_COLUMNS = 4;
function timelineTable({ steps, hosts: given }) {
  const completed = completedSteps(steps);
  if (completed.length === 0) return "";
  const active = new Set(completed.map(({ host }) => host));
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))].filter(
    (host) => active.has(host)
  );
  const nameOf2 = shortHostNames(hosts);
  const names = hosts.map((host) => codeSpan(nameOf2(host)));
  const rows = rowsOf(completed);
  if (hosts.length > MAX_HOST_COLUMNS) {
    return markdownTable(
      ["Host", ...rows.map(({ title }) => title)],
      hosts.map((host, index) => [names[index] ?? "", ...rows.map((row) => cell(row, host))])
    );
  }
  const end = endOf(completed);
  return markdownTable(
    ["Stage", `0 – ${formatDuration(end)}`, ...names],
    rows.map((row) => [row.title, bar(row, end), ...hosts.map((host) => cell(row, host))])
  );
}
function rowsOf(completed) {
  const byTitle = Map.groupBy(completed, ({ stage, undo }) => stageTitle(undo ? "roll-back" : stage));
  return [...REPORTED_STAGES, "roll-back"].flatMap((stage) => {
    const title = stageTitle(stage);
    const steps = byTitle.get(title);
    return steps === void 0 ? [] : [{ title, byHost: Map.groupBy(steps, ({ host }) => host) }];
  });
}
function cell(row, host) {
  const steps = row.byHost.get(host) ?? [];
  if (steps.length === 0) return "";
  const duration = formatDuration(endOf(steps) - startOf(steps));
  return steps.some(hasFailed) ? `**✗ ${duration}**` : duration;
}
var BAR_WIDTH = 24;
function bar({ byHost }, end) {
  const scale = (time) => end === 0 ? 0 : time / end * BAR_WIDTH;
  const strokes = [...byHost.values()].map((own) => {
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(startOf(own))));
    return { from, to: Math.max(from + 1, Math.round(scale(endOf(own)))) };
  });
  const cells = Array.from(
    { length: BAR_WIDTH },
    (_, index) => (
      // Non-breaking spaces keep the width of the code span; its background is the track of the bar.
      strokes.some(({ from, to }) => from <= index && index < to) ? "█" : " "
    )
  );
  return `\`${cells.join("")}\``;
}
var MAX_STEP_ROWS = 1e3;
var MAX_STEP_TEXT_LENGTH = 400;
function stageTimesDetails(report) {
  const table = timelineTable(report);
  return table === "" ? "" : detailsBlock("Time of each stage", table);
}
function allStepsDetails({ steps }) {
  const completed = completedSteps(steps);
  if (completed.length === 0) return "";
  const nameOf2 = shortHostNames(completed.map(({ host }) => host));
  const rows = completed.toSorted((one, other) => one.startMs - other.startMs).slice(0, MAX_STEP_ROWS).map((step2) => [
    step2.aborted ? "–" : step2.ok === false ? "✗" : step2.undo ? "↶" : "✓",
    formatDuration(step2.startMs),
    codeSpan(nameOf2(step2.host)),
    markdownText(shorten(step2.text, MAX_STEP_TEXT_LENGTH)),
    formatDuration(step2.durationMs),
    markdownText(shorten(step2.note ?? "", MAX_STEP_TEXT_LENGTH))
  ]);
  return detailsBlock(
    rows.length < completed.length ? `The first ${rows.length} of ${completed.length} steps` : `All steps (${completed.length})`,
    markdownTable(["", "Start", "Host", "Step", "Duration", "Result"], rows)
  );
}
function planMarkdown(steps) {
  const byHost = Map.groupBy(steps, ({ host }) => host);
  const tables = Map.groupBy(byHost, ([, own]) => planTable(own));
  if (tables.size === 0) return "The release is live on every host already: nothing to do.";
  return [...tables].map(([table, same]) => `**${same.map(([host]) => codeSpan(host)).join(", ")}**

${table}`).join("\n\n");
}
function planTable(steps) {
  const rows = REPORTED_STAGES.map((stage) => [
    stageTitle(stage),
    steps.filter((step2) => step2.stage === stage).map(({ text, note }) => markdownText(note === void 0 ? text : `${text}: ${note}`)).join("<br>")
  ]);
  return markdownTable(
    ["Stage", "Steps"],
    rows.filter(([, texts]) => texts !== "")
  );
}

// src/report/deployment-summary.ts
var MAX_WARNINGS = 20;
function deploymentParts(report) {
  const isFailed = report.error !== void 0;
  const { shown, others, title } = splitEvidence(report.evidence);
  const canary2 = { name: "the canary", importance: 85, markdown: canaryTable(report) };
  const evidence = shown.map((each) => ({
    ...{ name: "the log of a container", importance: 90, markdown: evidenceBlock(each) }
  }));
  return [
    ...failureParts(report, deploymentTitle(report), isFailed ? [...evidence, canary2] : evidence),
    overviewPart(overviewTexts(report)),
    { name: "the hosts", importance: 80, markdown: hostsTable(report) },
    {
      ...{ name: "the plan", importance: 85 },
      markdown: report.result === "planned" ? planMarkdown(report.steps) : ""
    },
    ...isFailed ? [] : [canary2],
    { name: "the timeline", importance: 50, markdown: ganttChart(report) },
    { name: "the images", importance: 75, markdown: foldedIf(report, deploymentDetails(report)) },
    { name: "the removed hosts", importance: 73, markdown: removedHostsNote(report) },
    ...report.warnings.slice(0, MAX_WARNINGS).map((warning2) => ({
      ...{ name: "a warning", importance: 72, markdown: `> ⚠️ ${formatNamesAsCode(report, warning2)}` }
    })),
    {
      ...{ name: "the logs of other containers", importance: 30 },
      markdown: others.length === 0 ? "" : detailsBlock(title, others.map(evidenceBlock).join("\n\n"))
    },
    { name: "the time of each stage", importance: 40, markdown: stageTimesDetails(report) },
    { name: "the steps", importance: 20, markdown: allStepsDetails(report) },
    { name: "how to roll back", importance: 74, markdown: rollbackHelp(report) }
  ];
}
function deploymentTitle(report) {
  const { command, release } = report;
  const what = destinationText(report);
  const id = release === void 0 ? "" : ` ${codeSpan(release)}`;
  const titles = {
    planned: `📝${what}: plan for${id}`,
    deployed: command === "rollback" ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    "rolled-back": `❌${what}: ${rollbackText(report)}`,
    failed: void 0
  };
  return titles[report.result];
}
function rollbackText({ hosts, live }) {
  const incomplete = hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).length;
  if (incomplete > 0) return `rollback INCOMPLETE on ${incomplete} of ${hosts.length} hosts`;
  if (live !== void 0) return `rolled back, ${codeSpan(live)} is live`;
  return `rolled back, ${hosts.some(({ is }) => is !== void 0) ? "the hosts serve different releases" : "nothing is live"}`;
}
function overviewTexts(report) {
  const { approval, strategy, hosts, result } = report;
  const commit = commitLink(report);
  return [
    ...result === "planned" ? ["**dry run: nothing was changed**"] : [],
    ...commit === "" ? [] : [`commit ${commit}`],
    ...previousTexts(report),
    ...hosts.length > 1 && areHostsAlike(hosts) ? [`${hosts.length} hosts, all healthy`] : [],
    ...strategy === void 0 ? [] : [markdownText(strategy)],
    ...approvalWords(approval),
    ...runTexts(report)
  ];
}
function areHostsAlike(hosts) {
  return hosts.every(({ was, is, why }) => why === "healthy" && was === hosts[0]?.was && is === hosts[0]?.is);
}
function previousTexts(report) {
  const { previous, result } = report;
  if (previous === void 0) return [];
  const address = compareUrl(report);
  if (result === "rolled-back")
    return address === void 0 ? [] : [link(`compare with ${codeSpan(previous)}`, address)];
  return [`replaces ${codeSpan(previous)}${address === void 0 ? "" : ` (${link("compare", address)})`}`];
}
function removedHostsNote(report) {
  const { removed } = report;
  return removed.length === 0 ? "" : `> ℹ️ ${formatNamesAsCode(report, removedHostsText(removed))}`;
}

// src/report/removal-summary.ts
function removalParts(report) {
  const { result, approval, steps, hosts } = report;
  const isPlan = result === "planned";
  return [
    ...failureParts(report, removalTitle(report)),
    overviewPart([
      ...isPlan ? ["**dry run: nothing was changed**"] : [],
      ...approvalWords(approval),
      ...runTexts(report)
    ]),
    { name: "the hosts", importance: 80, markdown: hostsTable(report) },
    { name: "the plan", importance: 85, markdown: isPlan ? planMarkdown(steps) : "" },
    { name: "the timeline", importance: 50, markdown: ganttChart(report) },
    { name: "the approval", importance: 75, markdown: foldedIf(report, approvalList(report)) },
    { name: "the kept volumes", importance: 73, markdown: keptVolumesDetails(hosts) },
    { name: "the time of each stage", importance: 40, markdown: stageTimesDetails(report) },
    { name: "the steps", importance: 20, markdown: allStepsDetails(report) }
  ];
}
function removalTitle(report) {
  const what = destinationText(report);
  const titles = {
    planned: `📝${what}: plan of its removal`,
    unchanged: `✅${what}: nothing to remove`,
    removed: `🗑️${what} removed`,
    failed: void 0
  };
  return titles[report.result];
}

// src/report/summary-parts.ts
var MAX_SUMMARY_BYTES = 9e5;
var NOTE_BYTES = 2e3;
var SEPARATOR = "\n\n";
function joinSummaryParts(parts, limit = MAX_SUMMARY_BYTES) {
  const filled = parts.filter(({ markdown }) => markdown !== "");
  const bytesOf = ({ markdown }) => Buffer.byteLength(markdown) + SEPARATOR.length;
  let left = limit - NOTE_BYTES;
  const kept = /* @__PURE__ */ new Set();
  for (const part of filled.toSorted((one, other) => other.importance - one.importance)) {
    if (bytesOf(part) > left) continue;
    kept.add(part);
    left -= bytesOf(part);
  }
  const shown = filled.filter((part) => kept.has(part)).map(({ markdown }) => markdown);
  const note = leftOutNote(filled.filter((part) => !kept.has(part)));
  return `${[...shown, ...note].join(SEPARATOR)}
`;
}
function leftOutNote(parts) {
  if (parts.length === 0) return [];
  const counts = Map.groupBy(parts, ({ name }) => name);
  const names = [...counts].map(([name, { length }]) => length === 1 ? name : `${name} (${length} times)`);
  return [`> ℹ️ Left out, because a summary can't be longer: ${joinWithAnd(names)}. The log has it.`];
}

// src/report/summary.ts
var jobSummary = (report) => joinSummaryParts(partsOf(report));
function partsOf(report) {
  switch (report.command) {
    case "deliver":
    case "deploy":
    case "rollback":
      return deploymentParts(report);
    case "build":
      return buildParts(report);
    case "status":
      return statusParts(report);
    case "remove":
      return removalParts(report);
    case "gate":
      return gateParts(report);
  }
}
function buildParts(report) {
  const title = report.result === "built" ? `📦${destinationText(report)} built` : void 0;
  const commit = commitLink(report);
  return [
    ...failureParts(report, title),
    overviewPart([...commit === "" ? [] : [`commit ${commit}`], ...runTexts(report)]),
    { name: "the images", importance: 75, markdown: foldedIf(report, buildDetails(report)) }
  ];
}
function statusParts(report) {
  if (report.result === "failed") return [...failureParts(report), overviewPart(runTexts(report))];
  const what = destinationText(report);
  const title = report.error === void 0 ? `🔎${what}` : `❌${what}: not every host could be reached`;
  const [table = "", ...kept] = statusMarkdown(report.hosts);
  return [
    ...failureParts(report, title),
    { name: "the status", importance: 85, markdown: table },
    { name: "the history", importance: 70, markdown: historyMarkdown(report.history, report.hosts.length) },
    ...kept.map((markdown) => ({ name: "the kept releases of a host", importance: 60, markdown })),
    { name: "the images", importance: 75, markdown: foldedIf(report, imageList(report)) }
  ];
}
function gateParts(report) {
  const { result, environment, approval } = report;
  const waits = approval?.kind === "awaited" ? "waits" : "does not wait";
  const name = environment === void 0 ? "environment" : markdownText(environment);
  const title = result === "checked" ? `🚦 ${name}: a deploy ${waits} for an approval` : void 0;
  return [
    ...failureParts(report, title),
    overviewPart([...approvalWords(approval), ...runTexts(report)]),
    { name: "the approval", importance: 75, markdown: foldedIf(report, approvalList(report)) }
  ];
}

// src/report/outputs.ts
function outputsOf(report) {
  return { ...ownOutputs(report), report: reportJson(report) };
}
function ownOutputs(report) {
  switch (report.command) {
    case "deliver":
      return { ...deploymentOutputs(report), tags: report.tags.join("\n") };
    case "deploy":
    case "rollback":
      return deploymentOutputs(report);
    case "build":
      return { ...imageOutputs(report), tags: report.tags.join("\n") };
    case "status":
      return {
        image: imageOutputs(report).image,
        release: report.live ?? "",
        "previous-release": report.previous ?? "",
        revision: report.revision ?? "",
        healthy: String(isHealthy(report))
      };
    case "remove":
      return {};
    case "gate":
      return { protected: String(report.approval?.kind === "awaited") };
  }
}
var deploymentOutputs = (report) => ({
  ...imageOutputs(report),
  release: report.live ?? "",
  "previous-release": report.previous ?? "",
  "rolled-back": String(hasRolledBack(report)),
  "environment-url": report.environmentUrl ?? ""
});
function imageOutputs(report) {
  const images = Object.entries(report.images).filter(([, image]) => !isPlaceholder(image));
  const only = new Set(images.map(([, image]) => image)).size === 1 ? images[0]?.[1] : void 0;
  const lines = (value) => images.map(([service, image]) => service === "" ? value(image) : `${service}=${value(image)}`).join("\n");
  return {
    image: only ?? lines((image) => image),
    digest: only === void 0 ? lines(digestOf) : digestOf(only)
  };
}
function isHealthy({ live, hosts }) {
  return live !== void 0 && hosts.every(({ healthy }) => healthy === true);
}
function hasRolledBack({ result, release, hosts }) {
  return result === "rolled-back" && hosts.every(({ unknown }) => unknown !== true) && hosts.some(({ is }) => is !== void 0 && is !== release);
}
var MAX_REPORT_LENGTH = 4e5;
function reportJson(report) {
  const document = documentOf(report);
  const json = JSON.stringify(document);
  if (json.length <= MAX_REPORT_LENGTH) return json;
  const evidence = document.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...document, details: [], steps: [], evidence });
}
function documentOf(report) {
  const lists = { tags: [], hosts: [], history: [], removed: [], steps: [], evidence: [], warnings: [] };
  const all = { images: {}, ...lists, ...report };
  return { ...all, hosts: all.hosts.map((host) => ({ kept: [], ...host })) };
}
async function publishReport(report) {
  for (const [name, value] of Object.entries(outputsOf(report))) setOutput(name, value);
  if (process.env["GITHUB_STEP_SUMMARY"] !== void 0) await summary.addRaw(jobSummary(report)).write();
}

// src/run/run-program.ts
import { spawn as spawn4 } from "node:child_process";
var KILL_GRACE_PERIOD = 5e3;
var STDERR_TAIL_LINES = 20;
function createProgramRunner(log) {
  return async (program, args, options = {}) => {
    const command = [program, ...args].join(" ");
    log?.debug(`$ ${command}`);
    const { code, stdout, stderr, tail } = await spawnAndWait(program, args, options);
    if (code === void 0 || code !== 0 && !options.allowedExitCodes?.includes(code)) {
      throw new CommandError(shortenCommand(command), code, tail);
    }
    return { exitCode: code, stdout, stderr };
  };
}
function spawnAndWait(program, args, options) {
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve4, reject) => {
    const child = spawn4(program, [...args], {
      cwd: options.cwd,
      env: options.env ?? programEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true
    });
    const output = collectOutput(child, options);
    child.stdin.on("error", () => void 0);
    child.stdin.end(options.stdin ?? "");
    let killer;
    const onAbort = () => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), KILL_GRACE_PERIOD);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle2 = (finish2) => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", onAbort);
      finish2();
    };
    child.once("error", (error2) => settle2(() => reject(spawnError(program, options.cwd, error2))));
    child.once("exit", () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once(
      "close",
      (code) => settle2(() => {
        if (signal?.aborted) reject(abortReason(signal));
        else resolve4({ code: code ?? void 0, ...output() });
      })
    );
  });
}
function collectOutput(child, { onLine }) {
  if (onLine === void 0) {
    const chunks = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk) => chunks.stdout.push(chunk));
    child.stderr.on("data", (chunk) => chunks.stderr.push(chunk));
    return () => {
      const stderr2 = Buffer.concat(chunks.stderr).toString();
      return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: stderr2, tail: stderr2 };
    };
  }
  const tail = new Tail(STDERR_TAIL_LINES);
  const stdout = new LineSplitter((line) => onLine(line, "stdout"));
  const stderr = new LineSplitter((line) => {
    tail.push(line);
    onLine(line, "stderr");
  });
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr]
  ]) {
    stream.on("data", (chunk) => lines.push(chunk));
    stream.once("end", () => lines.end());
  }
  return () => ({ stdout: "", stderr: "", tail: tail.lines.join("\n") });
}
function spawnError(program, cwd, error2) {
  if (error2.code === "ENOENT") {
    const where = cwd === void 0 ? "" : ` (or the folder ${cwd} does not exist)`;
    return new ConfigurationError(
      `${program} was not found on this runner${where}. Install it in an earlier step.`,
      { cause: error2 }
    );
  }
  return new SealiftError(`${program} could not be started: ${error2.message}`, { cause: error2 });
}
function abortReason(signal) {
  return signal.reason instanceof Error ? signal.reason : new SealiftError(String(signal.reason));
}
function shortenCommand(command) {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

// src/run/step-folder.ts
import { mkdtemp as mkdtemp3, rm as rm4 } from "node:fs/promises";
import { tmpdir as tmpdir2 } from "node:os";
import { join as join16 } from "node:path";
var STEP_FOLDER_STATE = "folder";
async function createStepFolder() {
  return await mkdtemp3(join16(tmpdir2(), "sealift-"));
}
async function removeStepFolder(folder) {
  await rm4(folder, { recursive: true, force: true });
}

// src/main.ts
async function runAction(command) {
  const startedAt = performance.now();
  const commit = await readCommitContext();
  const report = new ReportDraft(emptyReport(command, commit));
  const cancelled = new AbortController();
  const folder = await createStepFolder();
  saveState(STEP_FOLDER_STATE, folder);
  const onSignal = () => cancelled.abort(new Error("The job was cancelled."));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const { request: request6, warnings } = readRequest(command);
    for (const warning2 of warnings) consoleLog.warning(warning2);
    await COMMANDS[command](request6, {
      run: createProgramRunner(consoleLog),
      log: consoleLog,
      folder,
      commit,
      triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal
    });
  } catch (error2) {
    const { cause, headline, details, lines } = failureText(error2, report.current.state);
    for (const line of lines) consoleLog.info(line);
    report.setHead({ error: cause, details });
    const sources = { isInput: isDeclaredInput, workflowJob: githubVariables(), readText: readCheckoutFile };
    for (const annotation of failureAnnotations(error2, headline, report.current, sources))
      annotateFailure(annotation);
  } finally {
    report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      await publishReport(report.current);
    } finally {
      await removeStepFolder(folder);
    }
    if (cancelled.signal.aborted) process.exit();
  }
}
var COMMANDS = {
  deliver: (request6, context) => request6.orchestrator === "docker" ? deliver(request6, context) : deliverToCluster(request6, context),
  deploy: (request6, context) => request6.orchestrator === "docker" ? deliver(request6, context) : deliverToCluster(request6, context),
  build,
  rollback: (request6, context) => request6.orchestrator === "docker" ? rollback(request6, context) : rollbackCluster(request6, context),
  status: (request6, context) => request6.orchestrator === "docker" ? status(request6, context) : clusterStatus(request6, context),
  remove,
  gate
};
function readCheckoutFile(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return void 0;
  }
}

// src/release-locks.ts
async function releaseLocks(locks) {
  const folder = await createStepFolder();
  const step2 = { run: createProgramRunner(consoleLog), log: consoleLog, folder };
  try {
    await Promise.all(locks.map((lock) => releaseLock(lock, step2)));
  } finally {
    await removeStepFolder(folder);
  }
}
async function releaseLock({ command, host, containerId }, step2) {
  try {
    var _stack = [];
    try {
      const destination = destinationOf(command);
      const address = destination?.hosts.find(({ name }) => name === host);
      if (destination === void 0 || address === void 0) return;
      const engine = __using(_stack, await connect(address, destination.access, step2), true);
      await engine.removeContainer(containerId);
      step2.log.info(`${host}: this step was killed. Its lock is removed.`);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  } catch (error2) {
    step2.log.info(`${host}: this step was killed. Its lock expires by itself. (${messageOf(error2)})`);
  }
}
function destinationOf(command) {
  const { request: request6 } = readRequest(command);
  return "destination" in request6 ? request6.destination : void 0;
}
export {
  releaseLocks,
  runAction
};
