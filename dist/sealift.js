import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __require = /* @__PURE__ */ ((x) => typeof require !== "undefined" ? require : typeof Proxy !== "undefined" ? new Proxy(x, {
  get: (a, b) => (typeof require !== "undefined" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require !== "undefined") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
});
var __commonJS = (cb, mod) => function __require2() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/tunnel/lib/tunnel.js
var require_tunnel = __commonJS({
  "node_modules/tunnel/lib/tunnel.js"(exports) {
    "use strict";
    var net = __require("net");
    var tls = __require("tls");
    var http2 = __require("http");
    var https3 = __require("https");
    var events = __require("events");
    var assert = __require("assert");
    var util = __require("util");
    exports.httpOverHttp = httpOverHttp2;
    exports.httpsOverHttp = httpsOverHttp2;
    exports.httpOverHttps = httpOverHttps2;
    exports.httpsOverHttps = httpsOverHttps2;
    function httpOverHttp2(options) {
      var agent = new TunnelingAgent(options);
      agent.request = http2.request;
      return agent;
    }
    function httpsOverHttp2(options) {
      var agent = new TunnelingAgent(options);
      agent.request = http2.request;
      agent.createSocket = createSecureSocket;
      agent.defaultPort = 443;
      return agent;
    }
    function httpOverHttps2(options) {
      var agent = new TunnelingAgent(options);
      agent.request = https3.request;
      return agent;
    }
    function httpsOverHttps2(options) {
      var agent = new TunnelingAgent(options);
      agent.request = https3.request;
      agent.createSocket = createSecureSocket;
      agent.defaultPort = 443;
      return agent;
    }
    function TunnelingAgent(options) {
      var self = this;
      self.options = options || {};
      self.proxyOptions = self.options.proxy || {};
      self.maxSockets = self.options.maxSockets || http2.Agent.defaultMaxSockets;
      self.requests = [];
      self.sockets = [];
      self.on("free", function onFree(socket, host, port, localAddress) {
        var options2 = toOptions(host, port, localAddress);
        for (var i = 0, len = self.requests.length; i < len; ++i) {
          var pending = self.requests[i];
          if (pending.host === options2.host && pending.port === options2.port) {
            self.requests.splice(i, 1);
            pending.request.onSocket(socket);
            return;
          }
        }
        socket.destroy();
        self.removeSocket(socket);
      });
    }
    util.inherits(TunnelingAgent, events.EventEmitter);
    TunnelingAgent.prototype.addRequest = function addRequest(req, host, port, localAddress) {
      var self = this;
      var options = mergeOptions({ request: req }, self.options, toOptions(host, port, localAddress));
      if (self.sockets.length >= this.maxSockets) {
        self.requests.push(options);
        return;
      }
      self.createSocket(options, function(socket) {
        socket.on("free", onFree);
        socket.on("close", onCloseOrRemove);
        socket.on("agentRemove", onCloseOrRemove);
        req.onSocket(socket);
        function onFree() {
          self.emit("free", socket, options);
        }
        function onCloseOrRemove(err) {
          self.removeSocket(socket);
          socket.removeListener("free", onFree);
          socket.removeListener("close", onCloseOrRemove);
          socket.removeListener("agentRemove", onCloseOrRemove);
        }
      });
    };
    TunnelingAgent.prototype.createSocket = function createSocket(options, cb) {
      var self = this;
      var placeholder = {};
      self.sockets.push(placeholder);
      var connectOptions = mergeOptions({}, self.proxyOptions, {
        method: "CONNECT",
        path: options.host + ":" + options.port,
        agent: false,
        headers: {
          host: options.host + ":" + options.port
        }
      });
      if (options.localAddress) {
        connectOptions.localAddress = options.localAddress;
      }
      if (connectOptions.proxyAuth) {
        connectOptions.headers = connectOptions.headers || {};
        connectOptions.headers["Proxy-Authorization"] = "Basic " + new Buffer(connectOptions.proxyAuth).toString("base64");
      }
      debug2("making CONNECT request");
      var connectReq = self.request(connectOptions);
      connectReq.useChunkedEncodingByDefault = false;
      connectReq.once("response", onResponse);
      connectReq.once("upgrade", onUpgrade);
      connectReq.once("connect", onConnect);
      connectReq.once("error", onError);
      connectReq.end();
      function onResponse(res) {
        res.upgrade = true;
      }
      function onUpgrade(res, socket, head) {
        process.nextTick(function() {
          onConnect(res, socket, head);
        });
      }
      function onConnect(res, socket, head) {
        connectReq.removeAllListeners();
        socket.removeAllListeners();
        if (res.statusCode !== 200) {
          debug2(
            "tunneling socket could not be established, statusCode=%d",
            res.statusCode
          );
          socket.destroy();
          var error2 = new Error("tunneling socket could not be established, statusCode=" + res.statusCode);
          error2.code = "ECONNRESET";
          options.request.emit("error", error2);
          self.removeSocket(placeholder);
          return;
        }
        if (head.length > 0) {
          debug2("got illegal response body from proxy");
          socket.destroy();
          var error2 = new Error("got illegal response body from proxy");
          error2.code = "ECONNRESET";
          options.request.emit("error", error2);
          self.removeSocket(placeholder);
          return;
        }
        debug2("tunneling connection has established");
        self.sockets[self.sockets.indexOf(placeholder)] = socket;
        return cb(socket);
      }
      function onError(cause) {
        connectReq.removeAllListeners();
        debug2(
          "tunneling socket could not be established, cause=%s\n",
          cause.message,
          cause.stack
        );
        var error2 = new Error("tunneling socket could not be established, cause=" + cause.message);
        error2.code = "ECONNRESET";
        options.request.emit("error", error2);
        self.removeSocket(placeholder);
      }
    };
    TunnelingAgent.prototype.removeSocket = function removeSocket(socket) {
      var pos = this.sockets.indexOf(socket);
      if (pos === -1) {
        return;
      }
      this.sockets.splice(pos, 1);
      var pending = this.requests.shift();
      if (pending) {
        this.createSocket(pending, function(socket2) {
          pending.request.onSocket(socket2);
        });
      }
    };
    function createSecureSocket(options, cb) {
      var self = this;
      TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
        var hostHeader = options.request.getHeader("host");
        var tlsOptions = mergeOptions({}, self.options, {
          socket,
          servername: hostHeader ? hostHeader.replace(/:.*$/, "") : options.host
        });
        var secureSocket = tls.connect(0, tlsOptions);
        self.sockets[self.sockets.indexOf(socket)] = secureSocket;
        cb(secureSocket);
      });
    }
    function toOptions(host, port, localAddress) {
      if (typeof host === "string") {
        return {
          host,
          port,
          localAddress
        };
      }
      return host;
    }
    function mergeOptions(target) {
      for (var i = 1, len = arguments.length; i < len; ++i) {
        var overrides = arguments[i];
        if (typeof overrides === "object") {
          var keys = Object.keys(overrides);
          for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
            var k = keys[j];
            if (overrides[k] !== void 0) {
              target[k] = overrides[k];
            }
          }
        }
      }
      return target;
    }
    var debug2;
    if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) {
      debug2 = function() {
        var args = Array.prototype.slice.call(arguments);
        if (typeof args[0] === "string") {
          args[0] = "TUNNEL: " + args[0];
        } else {
          args.unshift("TUNNEL:");
        }
        console.error.apply(console, args);
      };
    } else {
      debug2 = function() {
      };
    }
    exports.debug = debug2;
  }
});

// node_modules/tunnel/index.js
var require_tunnel2 = __commonJS({
  "node_modules/tunnel/index.js"(exports, module) {
    module.exports = require_tunnel();
  }
});

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
    function compare(a, b) {
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
      compare,
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
        const out = new PassThrough(opts);
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
    var Transform = class extends Duplex {
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
    var PassThrough = class extends Transform {
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
      Transform,
      // Export PassThrough for compatibility with Node.js core's stream module
      PassThrough
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
    var constants3 = {
      // just for envs without fs
      S_IFMT: 61440,
      S_IFDIR: 16384,
      S_IFCHR: 8192,
      S_IFBLK: 24576,
      S_IFIFO: 4096,
      S_IFLNK: 40960
    };
    try {
      module.exports = __require("fs").constants || constants3;
    } catch {
      module.exports = constants3;
    }
  }
});

// node_modules/tar-stream/pack.js
var require_pack = __commonJS({
  "node_modules/tar-stream/pack.js"(exports, module) {
    var { Readable, Writable, getStreamError } = require_streamx();
    var b4a = require_b4a();
    var constants3 = require_constants();
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
      switch (mode & constants3.S_IFMT) {
        case constants3.S_IFBLK:
          return "block-device";
        case constants3.S_IFCHR:
          return "character-device";
        case constants3.S_IFDIR:
          return "directory";
        case constants3.S_IFIFO:
          return "fifo";
        case constants3.S_IFLNK:
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

// node_modules/@actions/core/lib/command.js
import * as os from "os";

// node_modules/@actions/core/lib/utils.js
function toCommandValue(input) {
  if (input === null || input === void 0) {
    return "";
  } else if (typeof input === "string" || input instanceof String) {
    return input;
  }
  return JSON.stringify(input);
}
function toCommandProperties(annotationProperties) {
  if (!Object.keys(annotationProperties).length) {
    return {};
  }
  return {
    title: annotationProperties.title,
    file: annotationProperties.file,
    line: annotationProperties.startLine,
    endLine: annotationProperties.endLine,
    col: annotationProperties.startColumn,
    endColumn: annotationProperties.endColumn
  };
}

// node_modules/@actions/core/lib/command.js
function issueCommand(command, properties, message) {
  const cmd = new Command(command, properties, message);
  process.stdout.write(cmd.toString() + os.EOL);
}
function issue(name, message = "") {
  issueCommand(name, {}, message);
}
var CMD_STRING = "::";
var Command = class {
  constructor(command, properties, message) {
    if (!command) {
      command = "missing.command";
    }
    this.command = command;
    this.properties = properties;
    this.message = message;
  }
  toString() {
    let cmdStr = CMD_STRING + this.command;
    if (this.properties && Object.keys(this.properties).length > 0) {
      cmdStr += " ";
      let first = true;
      for (const key in this.properties) {
        if (this.properties.hasOwnProperty(key)) {
          const val = this.properties[key];
          if (val) {
            if (first) {
              first = false;
            } else {
              cmdStr += ",";
            }
            cmdStr += `${key}=${escapeProperty(val)}`;
          }
        }
      }
    }
    cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
    return cmdStr;
  }
};
function escapeData(s) {
  return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
  return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}

// node_modules/@actions/core/lib/file-command.js
import * as crypto from "crypto";
import * as fs from "fs";
import * as os2 from "os";
function issueFileCommand(command, message) {
  const filePath = process.env[`GITHUB_${command}`];
  if (!filePath) {
    throw new Error(`Unable to find environment variable for file command ${command}`);
  }
  if (!fs.existsSync(filePath)) {
    throw new Error(`Missing file at path: ${filePath}`);
  }
  fs.appendFileSync(filePath, `${toCommandValue(message)}${os2.EOL}`, {
    encoding: "utf8"
  });
}
function prepareKeyValueMessage(key, value) {
  const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
  const convertedValue = toCommandValue(value);
  if (key.includes(delimiter)) {
    throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
  }
  if (convertedValue.includes(delimiter)) {
    throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
  }
  return `${key}<<${delimiter}${os2.EOL}${convertedValue}${os2.EOL}${delimiter}`;
}

// node_modules/@actions/core/lib/core.js
import * as os4 from "os";

// node_modules/@actions/http-client/lib/index.js
var tunnel = __toESM(require_tunnel2(), 1);
var HttpCodes;
(function(HttpCodes2) {
  HttpCodes2[HttpCodes2["OK"] = 200] = "OK";
  HttpCodes2[HttpCodes2["MultipleChoices"] = 300] = "MultipleChoices";
  HttpCodes2[HttpCodes2["MovedPermanently"] = 301] = "MovedPermanently";
  HttpCodes2[HttpCodes2["ResourceMoved"] = 302] = "ResourceMoved";
  HttpCodes2[HttpCodes2["SeeOther"] = 303] = "SeeOther";
  HttpCodes2[HttpCodes2["NotModified"] = 304] = "NotModified";
  HttpCodes2[HttpCodes2["UseProxy"] = 305] = "UseProxy";
  HttpCodes2[HttpCodes2["SwitchProxy"] = 306] = "SwitchProxy";
  HttpCodes2[HttpCodes2["TemporaryRedirect"] = 307] = "TemporaryRedirect";
  HttpCodes2[HttpCodes2["PermanentRedirect"] = 308] = "PermanentRedirect";
  HttpCodes2[HttpCodes2["BadRequest"] = 400] = "BadRequest";
  HttpCodes2[HttpCodes2["Unauthorized"] = 401] = "Unauthorized";
  HttpCodes2[HttpCodes2["PaymentRequired"] = 402] = "PaymentRequired";
  HttpCodes2[HttpCodes2["Forbidden"] = 403] = "Forbidden";
  HttpCodes2[HttpCodes2["NotFound"] = 404] = "NotFound";
  HttpCodes2[HttpCodes2["MethodNotAllowed"] = 405] = "MethodNotAllowed";
  HttpCodes2[HttpCodes2["NotAcceptable"] = 406] = "NotAcceptable";
  HttpCodes2[HttpCodes2["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
  HttpCodes2[HttpCodes2["RequestTimeout"] = 408] = "RequestTimeout";
  HttpCodes2[HttpCodes2["Conflict"] = 409] = "Conflict";
  HttpCodes2[HttpCodes2["Gone"] = 410] = "Gone";
  HttpCodes2[HttpCodes2["TooManyRequests"] = 429] = "TooManyRequests";
  HttpCodes2[HttpCodes2["InternalServerError"] = 500] = "InternalServerError";
  HttpCodes2[HttpCodes2["NotImplemented"] = 501] = "NotImplemented";
  HttpCodes2[HttpCodes2["BadGateway"] = 502] = "BadGateway";
  HttpCodes2[HttpCodes2["ServiceUnavailable"] = 503] = "ServiceUnavailable";
  HttpCodes2[HttpCodes2["GatewayTimeout"] = 504] = "GatewayTimeout";
})(HttpCodes || (HttpCodes = {}));
var Headers;
(function(Headers2) {
  Headers2["Accept"] = "accept";
  Headers2["ContentType"] = "content-type";
})(Headers || (Headers = {}));
var MediaTypes;
(function(MediaTypes2) {
  MediaTypes2["ApplicationJson"] = "application/json";
})(MediaTypes || (MediaTypes = {}));
var HttpRedirectCodes = [
  HttpCodes.MovedPermanently,
  HttpCodes.ResourceMoved,
  HttpCodes.SeeOther,
  HttpCodes.TemporaryRedirect,
  HttpCodes.PermanentRedirect
];
var HttpResponseRetryCodes = [
  HttpCodes.BadGateway,
  HttpCodes.ServiceUnavailable,
  HttpCodes.GatewayTimeout
];

// node_modules/@actions/core/lib/summary.js
import { EOL as EOL3 } from "os";
import { constants, promises } from "fs";
var __awaiter = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve4) {
      resolve4(value);
    });
  }
  return new (P || (P = Promise))(function(resolve4, reject) {
    function fulfilled(value) {
      try {
        step2(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step2(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step2(result) {
      result.done ? resolve4(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step2((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
var { access, appendFile, writeFile } = promises;
var SUMMARY_ENV_VAR = "GITHUB_STEP_SUMMARY";
var Summary = class {
  constructor() {
    this._buffer = "";
  }
  /**
   * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
   * Also checks r/w permissions.
   *
   * @returns step summary file path
   */
  filePath() {
    return __awaiter(this, void 0, void 0, function* () {
      if (this._filePath) {
        return this._filePath;
      }
      const pathFromEnv = process.env[SUMMARY_ENV_VAR];
      if (!pathFromEnv) {
        throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
      }
      try {
        yield access(pathFromEnv, constants.R_OK | constants.W_OK);
      } catch (_a) {
        throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
      }
      this._filePath = pathFromEnv;
      return this._filePath;
    });
  }
  /**
   * Wraps content in an HTML tag, adding any HTML attributes
   *
   * @param {string} tag HTML tag to wrap
   * @param {string | null} content content within the tag
   * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
   *
   * @returns {string} content wrapped in HTML element
   */
  wrap(tag, content, attrs = {}) {
    const htmlAttrs = Object.entries(attrs).map(([key, value]) => ` ${key}="${value}"`).join("");
    if (!content) {
      return `<${tag}${htmlAttrs}>`;
    }
    return `<${tag}${htmlAttrs}>${content}</${tag}>`;
  }
  /**
   * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
   *
   * @param {SummaryWriteOptions} [options] (optional) options for write operation
   *
   * @returns {Promise<Summary>} summary instance
   */
  write(options) {
    return __awaiter(this, void 0, void 0, function* () {
      const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
      const filePath = yield this.filePath();
      const writeFunc = overwrite ? writeFile : appendFile;
      yield writeFunc(filePath, this._buffer, { encoding: "utf8" });
      return this.emptyBuffer();
    });
  }
  /**
   * Clears the summary buffer and wipes the summary file
   *
   * @returns {Summary} summary instance
   */
  clear() {
    return __awaiter(this, void 0, void 0, function* () {
      return this.emptyBuffer().write({ overwrite: true });
    });
  }
  /**
   * Returns the current summary buffer as a string
   *
   * @returns {string} string of summary buffer
   */
  stringify() {
    return this._buffer;
  }
  /**
   * If the summary buffer is empty
   *
   * @returns {boolen} true if the buffer is empty
   */
  isEmptyBuffer() {
    return this._buffer.length === 0;
  }
  /**
   * Resets the summary buffer without writing to summary file
   *
   * @returns {Summary} summary instance
   */
  emptyBuffer() {
    this._buffer = "";
    return this;
  }
  /**
   * Adds raw text to the summary buffer
   *
   * @param {string} text content to add
   * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
   *
   * @returns {Summary} summary instance
   */
  addRaw(text, addEOL = false) {
    this._buffer += text;
    return addEOL ? this.addEOL() : this;
  }
  /**
   * Adds the operating system-specific end-of-line marker to the buffer
   *
   * @returns {Summary} summary instance
   */
  addEOL() {
    return this.addRaw(EOL3);
  }
  /**
   * Adds an HTML codeblock to the summary buffer
   *
   * @param {string} code content to render within fenced code block
   * @param {string} lang (optional) language to syntax highlight code
   *
   * @returns {Summary} summary instance
   */
  addCodeBlock(code, lang) {
    const attrs = Object.assign({}, lang && { lang });
    const element = this.wrap("pre", this.wrap("code", code), attrs);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML list to the summary buffer
   *
   * @param {string[]} items list of items to render
   * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
   *
   * @returns {Summary} summary instance
   */
  addList(items, ordered = false) {
    const tag = ordered ? "ol" : "ul";
    const listItems = items.map((item) => this.wrap("li", item)).join("");
    const element = this.wrap(tag, listItems);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML table to the summary buffer
   *
   * @param {SummaryTableCell[]} rows table rows
   *
   * @returns {Summary} summary instance
   */
  addTable(rows) {
    const tableBody = rows.map((row) => {
      const cells2 = row.map((cell2) => {
        if (typeof cell2 === "string") {
          return this.wrap("td", cell2);
        }
        const { header, data, colspan, rowspan } = cell2;
        const tag = header ? "th" : "td";
        const attrs = Object.assign(Object.assign({}, colspan && { colspan }), rowspan && { rowspan });
        return this.wrap(tag, data, attrs);
      }).join("");
      return this.wrap("tr", cells2);
    }).join("");
    const element = this.wrap("table", tableBody);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds a collapsable HTML details element to the summary buffer
   *
   * @param {string} label text for the closed state
   * @param {string} content collapsable content
   *
   * @returns {Summary} summary instance
   */
  addDetails(label, content) {
    const element = this.wrap("details", this.wrap("summary", label) + content);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML image tag to the summary buffer
   *
   * @param {string} src path to the image you to embed
   * @param {string} alt text description of the image
   * @param {SummaryImageOptions} options (optional) addition image attributes
   *
   * @returns {Summary} summary instance
   */
  addImage(src, alt, options) {
    const { width, height } = options || {};
    const attrs = Object.assign(Object.assign({}, width && { width }), height && { height });
    const element = this.wrap("img", null, Object.assign({ src, alt }, attrs));
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML section heading element
   *
   * @param {string} text heading text
   * @param {number | string} [level=1] (optional) the heading level, default: 1
   *
   * @returns {Summary} summary instance
   */
  addHeading(text, level) {
    const tag = `h${level}`;
    const allowedTag = ["h1", "h2", "h3", "h4", "h5", "h6"].includes(tag) ? tag : "h1";
    const element = this.wrap(allowedTag, text);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML thematic break (<hr>) to the summary buffer
   *
   * @returns {Summary} summary instance
   */
  addSeparator() {
    const element = this.wrap("hr", null);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML line break (<br>) to the summary buffer
   *
   * @returns {Summary} summary instance
   */
  addBreak() {
    const element = this.wrap("br", null);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML blockquote to the summary buffer
   *
   * @param {string} text quote text
   * @param {string} cite (optional) citation url
   *
   * @returns {Summary} summary instance
   */
  addQuote(text, cite) {
    const attrs = Object.assign({}, cite && { cite });
    const element = this.wrap("blockquote", text, attrs);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML anchor tag to the summary buffer
   *
   * @param {string} text link text/content
   * @param {string} href hyperlink
   *
   * @returns {Summary} summary instance
   */
  addLink(text, href) {
    const element = this.wrap("a", text, { href });
    return this.addRaw(element).addEOL();
  }
};
var _summary = new Summary();
var summary = _summary;

// node_modules/@actions/core/lib/platform.js
import os3 from "os";

// node_modules/@actions/io/lib/io-util.js
import * as fs2 from "fs";
var { chmod, copyFile, lstat, mkdir, open, readdir, rename, rm, rmdir, stat, symlink, unlink } = fs2.promises;
var IS_WINDOWS = process.platform === "win32";
var READONLY = fs2.constants.O_RDONLY;

// node_modules/@actions/exec/lib/toolrunner.js
var IS_WINDOWS2 = process.platform === "win32";

// node_modules/@actions/core/lib/platform.js
var platform = os3.platform();
var arch = os3.arch();

// node_modules/@actions/core/lib/core.js
var ExitCode;
(function(ExitCode2) {
  ExitCode2[ExitCode2["Success"] = 0] = "Success";
  ExitCode2[ExitCode2["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
function setSecret(secret) {
  issueCommand("add-mask", {}, secret);
}
function getInput(name, options) {
  const val = process.env[`INPUT_${name.replace(/ /g, "_").toUpperCase()}`] || "";
  if (options && options.required && !val) {
    throw new Error(`Input required and not supplied: ${name}`);
  }
  if (options && options.trimWhitespace === false) {
    return val;
  }
  return val.trim();
}
function setOutput(name, value) {
  const filePath = process.env["GITHUB_OUTPUT"] || "";
  if (filePath) {
    return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
  }
  process.stdout.write(os4.EOL);
  issueCommand("set-output", { name }, toCommandValue(value));
}
function setFailed(message) {
  process.exitCode = ExitCode.Failure;
  error(message);
}
function debug(message) {
  issueCommand("debug", {}, message);
}
function error(message, properties = {}) {
  issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function warning(message, properties = {}) {
  issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function notice(message, properties = {}) {
  issueCommand("notice", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function info(message) {
  process.stdout.write(message + os4.EOL);
}
function startGroup(name) {
  issue("group", name);
}
function endGroup() {
  issue("endgroup");
}
function saveState(name, value) {
  const filePath = process.env["GITHUB_STATE"] || "";
  if (filePath) {
    return issueFileCommand("STATE", prepareKeyValueMessage(name, value));
  }
  issueCommand("save-state", { name }, toCommandValue(value));
}

// src/model/errors.ts
var SealiftError = class extends Error {
  name = "SealiftError";
  /** Lines that show what was seen: the last log lines, stderr, an answer of the registry. */
  evidence;
  /** Whether the log has these lines already, since they were told as they came. */
  alreadyLogged;
  constructor(message, { evidence, alreadyLogged, cause } = {}) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.evidence = evidence ?? [];
    this.alreadyLogged = alreadyLogged ?? false;
  }
};
var ConfigurationError = class extends SealiftError {
  name = "ConfigurationError";
};
var CommandError = class extends SealiftError {
  name = "CommandError";
  command;
  exitCode;
  stderr;
  constructor(command, exitCode, stderr) {
    const lines = stderr.trimEnd().split("\n").filter(Boolean);
    const lastLine = lines.at(-1) ?? "it said nothing on stderr";
    const ended = exitCode === void 0 ? "was ended by a signal" : `ended with exit code ${exitCode}`;
    super(`${command} ${ended}: ${lastLine}`, { evidence: lines.slice(-20) });
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
};
var HostError = class extends SealiftError {
  name = "HostError";
  host;
  constructor(host, message, parts = {}) {
    super(`${host}: ${message}`, parts);
    this.host = host;
  }
};
function messageOf(error2) {
  if (error2 instanceof Error && error2.message !== "") return error2.message;
  const text = String(error2);
  return text === "" ? "an error without a message" : text;
}
function messageWithoutHost(host, error2) {
  const message = messageOf(error2);
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}
function messageWithHost(host, error2) {
  return host === void 0 ? messageOf(error2) : `${host}: ${messageWithoutHost(host, error2)}`;
}

// src/model/image.ts
var DIGEST = /^sha256:[0-9a-f]{64}$/;
var TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
var REGISTRY_HOST = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
var REPOSITORY = new RegExp(`^(?:${REGISTRY_HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
var PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;
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
    throw new ConfigurationError(
      `${input}: "${tag}" is not a legal tag (letters, digits, "_", "." and "-", at most 128).`
    );
  }
  if (!isRepository(repository)) {
    const lower = repository.toLowerCase();
    const advice = isRepository(lower) ? ` Repositories are lower case: "${lower}".` : "";
    throw new ConfigurationError(`${input}: "${text}" is not an image reference.${advice}`);
  }
  return { repository, tag, digest };
}
function pinnedImage(repository, digest) {
  return `${repository}@${digest}`;
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
function registryOf(repository) {
  const first = repository.split("/", 1)[0] ?? "";
  const named = repository.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return named ? first : "docker.io";
}

// src/run/promises.ts
function inBackground(promise) {
  promise.catch(() => void 0);
  return promise;
}
async function allOrThrow(promises3) {
  await Promise.allSettled(promises3);
  return await Promise.all(promises3);
}

// src/image/build-and-test.ts
import { randomUUID as randomUUID4 } from "node:crypto";

// src/image/bake-definition.ts
function bakeDefinition(targets) {
  const target = Object.fromEntries([...targets].map(([id, each]) => [id, withoutEmptyFields(each)]));
  return JSON.stringify(escapeHclTemplates({ target }), void 0, 2);
}
function withoutEmptyFields(target) {
  return Object.fromEntries(
    Object.entries(target).filter(([, value]) => typeof value !== "object" || Object.keys(value).length > 0)
  );
}
function escapeHclTemplates(value) {
  if (typeof value === "string") return value.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
  if (Array.isArray(value)) return value.map(escapeHclTemplates);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [escapeHclTemplates(key), escapeHclTemplates(each)])
  );
}
function allowFlags(targets) {
  const all = [...targets];
  const wanted = new Set(all.flatMap(({ entitlements }) => entitlements ?? []));
  if (all.some(({ network }) => network === "host")) wanted.add("network.host");
  if (all.some(({ ssh }) => (ssh ?? []).length > 0)) wanted.add("ssh");
  return [...wanted].sort().map((entitlement) => `--allow=${entitlement}`);
}
function targetForTest(recipe, name, platform2) {
  const inline = recipe.cacheTo.filter(isInlineCache);
  return {
    ...recipe.target,
    ...inline.length === 0 ? {} : { "cache-to": inline },
    ...platform2 === void 0 ? {} : { platforms: [platform2] },
    tags: [name],
    output: ["type=docker"],
    attest: ["type=provenance,disabled=true"]
  };
}
function isInlineCache(cache) {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}
function targetForCache(recipe, platforms) {
  return { ...recipe.target, platforms, output: ["type=cacheonly"] };
}
function targetForPush(recipe, references) {
  return { ...withAttestationsAndCache(recipe), tags: references, output: ["type=image,push=true"] };
}
function targetForVerifiedPush(recipe, repository, pushMode, comparedBy) {
  const { "no-cache": _, pull: __, ...target } = withAttestationsAndCache(recipe);
  const format = comparedBy === "manifest" ? ",oci-mediatypes=true" : "";
  if (pushMode.kind === "tag")
    return { ...target, tags: [`${repository}:${pushMode.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}
function withAttestationsAndCache({ target, attest, cacheTo }) {
  return {
    ...target,
    ...attest.length === 0 ? {} : { attest },
    ...cacheTo.length === 0 ? {} : { "cache-to": cacheTo }
  };
}

// src/image/image-test.ts
import { randomUUID as randomUUID2 } from "node:crypto";

// src/model/command-line.ts
var SHELL_OPERATORS = /* @__PURE__ */ new Set(["|", "&", ";", "<", ">", "(", ")", "`", "$", "*", "\n"]);
function splitCommand(command, input) {
  const words = [];
  let word;
  let quote;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? "";
    if (quote === "'") {
      if (letter === "'") quote = void 0;
      else word += letter;
    } else if (quote === '"') {
      const next = command[at + 1] ?? "";
      if (letter === '"') quote = void 0;
      else if (letter === "\\" && next === "\n") at += 1;
      else if (letter === "\\" && '"\\$`'.includes(next) && next !== "") {
        word += next;
        at += 1;
      } else if (letter === "$" || letter === "`") throw needsShellError(command, letter, input);
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "\\" && at + 1 < command.length) {
      at += 1;
      if (command[at] !== "\n") word = (word ?? "") + command[at];
    } else if (SHELL_OPERATORS.has(letter)) throw needsShellError(command, letter, input);
    else if (/\s/.test(letter)) {
      if (word !== void 0) words.push(word);
      word = void 0;
    } else word = (word ?? "") + letter;
  }
  if (quote !== void 0) {
    const [first = "", ...more] = command.split("\n");
    throw new ConfigurationError(
      `${input}: ${quote} is opened and never closed in: ${first}${more.length === 0 ? "" : " …"}`
    );
  }
  if (word !== void 0) words.push(word);
  const [program, ...args] = words;
  if (program === void 0 || program === "") throw new ConfigurationError(`${input}: there is no command.`);
  return [program, ...args];
}
function isIncompleteCommand(command) {
  let quote;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at];
    if (letter === "\\" && quote !== "'") {
      at += 1;
      if (at === command.length) return true;
    } else if (quote === void 0) {
      if (letter === "'" || letter === '"') quote = letter;
    } else if (letter === quote) quote = void 0;
  }
  return quote !== void 0;
}
var MAX_SHOWN_LENGTH = 120;
function formatCommand(argv) {
  const words = argv.map(
    (word) => /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  );
  const line = [...words.join(" ").replaceAll(/\s*\n\s*/g, " ⏎ ")];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join("")}…` : line.join("");
}
function needsShellError(command, letter, input) {
  const quoted2 = `'${command.replaceAll("'", "'\\''")}'`;
  return new ConfigurationError(
    `${input}: "${letter}" means something to a shell only, and the command is run without one. Write sh -c ${quoted2}, if the image has a shell, or put "${letter}" in single quotes.`
  );
}

// src/image/image-test.ts
function imageTestsFor(targets, tests) {
  const found = /* @__PURE__ */ new Map();
  const names = targets.map(({ service }) => service).filter((service) => service !== "");
  for (const [key, commands] of tests) {
    const [only] = targets;
    const target = key === "" && targets.length === 1 ? only : targets.find(({ service, imageKeys: keys }) => service === key || keys.includes(key));
    if (key === "" && targets.length > 1) {
      throw new ConfigurationError(
        `test: several images are built (${targets.map(({ service, repository }) => service || repository).join(", ")}). Say which one the command is for: ${names[0]}=${commands[0]}`
      );
    }
    if (target === void 0) {
      throw new ConfigurationError(
        `test: no image is built for "${key}"; for ${names.join(", ") || "the one image leave the name out"}.`
      );
    }
    const argvs = commands.map((command) => splitCommand(command, "test"));
    found.set(target.service, [...found.get(target.service) ?? [], ...argvs]);
  }
  return found;
}
async function loadedImageId(name, context) {
  const { stdout } = await context.tools.run("docker", ["image", "inspect", "--format", "{{.Id}}", name], {
    env: context.environment
  });
  return stdout.trim();
}
var TEST_EVIDENCE_LINES = 30;
async function runImageTest(id, argv, service, context) {
  const { tools, environment, signal } = context;
  const container = `sealift-test-${randomUUID2().slice(0, 8)}`;
  const args = [
    "run",
    "--rm",
    "--pull",
    "never",
    "--name",
    container,
    "--label",
    "sealift.role=test",
    id,
    ...argv
  ];
  const command = formatCommand(argv);
  tools.log.info(`Test${service === "" ? "" : ` of ${service}`}: ${command}`);
  tools.log.debug(`docker ${args.join(" ")}`);
  const lines = [];
  try {
    await tools.run("docker", args, {
      env: environment,
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > TEST_EVIDENCE_LINES) lines.shift();
      },
      ...signal === void 0 ? {} : { signal }
    });
  } catch (error2) {
    await tools.run("docker", ["rm", "--force", "--volumes", container], { env: environment, allowedExitCodes: [1] }).catch(() => void 0);
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    throw new SealiftError(explainTestFailure(command, service, error2.exitCode, lines), {
      evidence: lines,
      alreadyLogged: true
    });
  }
}
function explainTestFailure(command, service, code, lines) {
  const where = service === "" ? "the image" : `the image of ${service}`;
  const last = lines.at(-1) ?? "";
  if (code === 127)
    return `test: "${command}" could not be started in ${where}: there is no such program in it. ${last}`;
  if (code === 126)
    return `test: "${command}" could not be started in ${where}: it is not executable. ${last}`;
  if (code === 125) return `test: the container for "${command}" could not be made. ${last}`;
  if (code === 137)
    return `test: "${command}" was killed in ${where} (exit code 137), most often for want of memory.`;
  return `test: "${command}" failed in ${where} with ${code === void 0 ? "a signal" : `exit code ${code}`}. Nothing was pushed.`;
}

// src/image/labels.ts
import { createHash } from "node:crypto";
import { relative } from "node:path";
var OCI_LABEL = {
  revision: "org.opencontainers.image.revision",
  source: "org.opencontainers.image.source",
  created: "org.opencontainers.image.created",
  version: "org.opencontainers.image.version"
};
var BUILD_FINGERPRINT_LABEL = "sealift.build";
function imageLabels(commit, tags, version, now) {
  const labels = {
    [OCI_LABEL.created]: commit.committedAt ?? now.toISOString(),
    [OCI_LABEL.version]: version ?? tags[1] ?? commit.sha ?? "unknown"
  };
  if (commit.sha !== void 0) labels[OCI_LABEL.revision] = commit.sha;
  if (commit.source !== void 0) labels[OCI_LABEL.source] = commit.source;
  return labels;
}
function buildFingerprint(recipe, tests, workspace) {
  const { target } = recipe;
  const own = new Set(Object.values(OCI_LABEL));
  const place = (path) => path?.startsWith("/") ? relative(workspace, path) : path;
  const content = {
    context: place(target.context),
    dockerfile: place(target.dockerfile),
    inline: target["dockerfile-inline"],
    target: target.target,
    args: sortedEntries(target.args),
    labels: sortedEntries(target.labels).filter(([key]) => !own.has(key)),
    contexts: sortedEntries(target.contexts).map(([name, context]) => [name, place(context)]),
    platforms: [...target.platforms ?? []].sort(),
    secrets: recipe.secrets.size,
    hosts: sortedEntries(target["extra-hosts"]),
    network: target.network,
    tests
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
function sortedEntries(map) {
  return Object.entries(map ?? {}).sort(([one], [other]) => one < other ? -1 : 1);
}

// src/image/recipe.ts
import { isAbsolute as isAbsolute2, resolve as resolve2 } from "node:path";

// src/image/compose-build.ts
import { isAbsolute, resolve } from "node:path";

// src/image/data.ts
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
function asStringMap(value) {
  if (Array.isArray(value)) return parseArgs(value);
  return Object.fromEntries(
    Object.entries(asObject(value)).flatMap(
      ([key, each]) => each === null || each === void 0 ? [] : [[key, String(each)]]
    )
  );
}
function parseArgs(value) {
  if (!Array.isArray(value)) return asStringMap(value);
  return Object.fromEntries(
    asStrings(value).filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
  );
}
function parseKeyValues(lines) {
  return Object.fromEntries(lines.map(splitKeyValue));
}
function splitKeyValue(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
function parseExtraHosts(lines) {
  const found = {};
  for (const line of lines) {
    const parts = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups;
    const name = parts?.["name"];
    const address = parts?.["address"];
    if (name === void 0 || address === void 0) continue;
    found[name] = found[name] === void 0 ? address : `${found[name]},${address}`;
  }
  return found;
}
function attestOptions(kind, value) {
  if (value === void 0 || value === "") return [];
  if (value === "true") return [`type=${kind}`];
  return [value === "false" ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}

// src/image/compose-build.ts
function translateComposeBuild(of, data, inputs) {
  const build2 = asObject(unescapeDollarsDeep(data));
  const where = `compose-file: build of service ${of.service}`;
  const secrets = /* @__PURE__ */ new Map();
  const secret = asList(build2["secrets"]).map((use) => composeBuildSecret(use, of, inputs, secrets, where));
  const platforms = asStrings(build2["platforms"]);
  const context = asText(build2["context"]) ?? ".";
  const dockerfile = asText(build2["dockerfile"]);
  const inline = asText(build2["dockerfile_inline"]);
  const entitlements = [
    ...asStrings(build2["entitlements"]),
    ...build2["privileged"] === true ? ["security.insecure"] : []
  ];
  const target = {
    context: isRemoteContext(context) || isAbsolute(context) ? context : resolve(inputs.workspace, context),
    ...inline === void 0 ? {} : { "dockerfile-inline": inline },
    ...inline !== void 0 || dockerfile === void 0 ? {} : { dockerfile },
    ...optionalField("target", asText(build2["target"])),
    args: parseArgs(build2["args"]),
    labels: asStringMap(build2["labels"]),
    contexts: additionalContexts(build2["additional_contexts"], inputs, where),
    platforms: platforms.length > 0 ? platforms : of.platform === void 0 ? [] : [of.platform],
    secret,
    ssh: sshOptions(build2["ssh"]),
    "cache-from": asStrings(build2["cache_from"]),
    "extra-hosts": composeExtraHosts(build2["extra_hosts"]),
    ulimits: ulimitOptions(build2["ulimits"]),
    ...optionalField("shm-size", shmSizeOf(build2["shm_size"])),
    ...optionalField("network", asText(build2["network"])),
    ...entitlements.length === 0 ? {} : { entitlements },
    ...build2["pull"] === true ? { pull: true } : {},
    ...build2["no_cache"] === true ? { "no-cache": true } : {}
  };
  return {
    target,
    secrets,
    references: asStrings(build2["tags"]),
    attest: [
      ...attestOptions("provenance", booleanOrText(build2["provenance"])),
      ...attestOptions("sbom", booleanOrText(build2["sbom"]))
    ],
    cacheTo: asStrings(build2["cache_to"])
  };
}
function composeBuildSecret(use, of, inputs, secrets, where) {
  const source = asText(use) ?? asText(asObject(use)["source"]) ?? "";
  const id = asText(asObject(use)["target"]) ?? source;
  const spec = asObject(unescapeDollarsDeep(of.secrets[source]));
  const file = asText(spec["file"]);
  if (file !== void 0) return csvLine([`id=${id}`, `src=${resolve(inputs.workspace, file)}`]);
  const value = inputs.contents.get(`secret:${source}`);
  if (value === void 0) {
    const variable2 = asText(spec["environment"]);
    const way = variable2 === void 0 ? "Give it file: or environment:." : `Give ${variable2} in the input env.`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${way}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(of.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csvLine([`id=${id}`, `env=${variable}`]);
}
function additionalContexts(value, inputs, where) {
  return Object.fromEntries(
    Object.entries(asStringMap(value)).map(([name, context]) => {
      const service = /^service:(?<service>.+)$/.exec(context)?.groups?.["service"];
      if (service === void 0) return [name, context];
      const id = inputs.ids.get(service);
      if (id === void 0) {
        throw new ConfigurationError(
          `${where}: context ${name} is service ${service}, which is not built here.`
        );
      }
      return [name, `target:${id}`];
    })
  );
}
function sshOptions(value) {
  if (Array.isArray(value)) return asStrings(value);
  return Object.entries(asObject(value)).map(
    ([id, path]) => asText(path) === void 0 ? id : `${id}=${path}`
  );
}
function composeExtraHosts(value) {
  if (Array.isArray(value)) return parseExtraHosts(asStrings(value));
  return parseExtraHosts(
    Object.entries(asObject(value)).flatMap(
      ([name, address]) => (Array.isArray(address) ? asStrings(address) : [String(address)]).map((each) => `${name}=${each}`)
    )
  );
}
function ulimitOptions(value) {
  return Object.entries(asObject(value)).map(([name, limit]) => {
    const { soft, hard } = asObject(limit);
    return typeof limit === "object" ? `${name}=${String(soft)}:${String(hard)}` : `${name}=${String(limit)}`;
  });
}
function booleanOrText(value) {
  return typeof value === "boolean" ? String(value) : asText(value);
}
function shmSizeOf(value) {
  return typeof value === "number" ? String(value) : asText(value);
}
function csvLine(fields) {
  return fields.map((field) => /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(",");
}
function isRemoteContext(context) {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/|docker-image:\/\/|oci-layout:\/\/)/.test(
    context
  );
}
function unescapeDollarsDeep(value) {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(unescapeDollarsDeep);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unescapeDollarsDeep(each)]));
}
function optionalField(key, value) {
  const found = {};
  if (value !== void 0) found[key] = value;
  return found;
}

// src/image/recipe.ts
var MAX_BUILD_SECRET_BYTES = 128 * 1024 - 256;
var REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;
function bakeTargetIds(targets) {
  const ids = /* @__PURE__ */ new Map();
  for (const { service } of targets) {
    const wish = service === "" ? "image" : service.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let id = wish;
    for (let count = 2; [...ids.values()].includes(id); count += 1) id = `${wish}-${count}`;
    ids.set(service, id);
  }
  return ids;
}
function recipeFor(target, options, inputs) {
  const id = inputs.ids.get(target.service) ?? "image";
  const base = target.build === void 0 ? void 0 : translateComposeBuild(target, target.build, inputs);
  const origin = base?.target ?? bakeTargetFromInputs(options, inputs.workspace);
  const secrets = new Map(base?.secrets);
  const secretLines = options.buildSecrets.map((line, index) => buildSecretFromInput(line, index, secrets));
  const platforms = options.platforms.length > 0 ? options.platforms : origin.platforms;
  const shared = inputs.ids.size > 1;
  const caches = {
    from: options.cacheFrom.flatMap((cache) => shared ? [cache, cacheForImage(cache, id)] : [cache]),
    to: options.cacheTo.map((cache) => shared ? cacheForImage(cache, id) : cache)
  };
  const whole = {
    ...origin,
    args: { ...origin.args, ...parseKeyValues(options.buildArgs) },
    labels: { ...origin.labels, ...inputs.labels, ...parseKeyValues(options.labels) },
    contexts: { ...origin.contexts, ...parseKeyValues(options.buildContexts) },
    "extra-hosts": { ...origin["extra-hosts"], ...parseExtraHosts(options.addHosts) },
    secret: [...origin.secret ?? [], ...secretLines],
    "cache-from": [.../* @__PURE__ */ new Set([...origin["cache-from"] ?? [], ...caches.from])],
    ...platforms === void 0 || platforms.length === 0 ? {} : { platforms },
    ...options.pull || origin.pull === true ? { pull: true } : {},
    ...options.noCache || origin["no-cache"] === true ? { "no-cache": true } : {}
  };
  const attest = [...attestOptions("provenance", options.provenance), ...attestOptions("sbom", options.sbom)];
  return {
    id,
    target: whole,
    secrets,
    references: base?.references ?? [],
    attest: [
      ...(base?.attest ?? []).filter((line) => !attest.some((own) => attestKind(own) === attestKind(line))),
      ...attest
    ],
    cacheTo: [...base?.cacheTo ?? [], ...caches.to]
  };
}
function bakeTargetFromInputs({ context, file, target }, workspace) {
  const remote = REMOTE_CONTEXT.test(context);
  const folder = remote ? context : resolve2(workspace, context);
  return {
    context: folder,
    ...file === void 0 ? {} : { dockerfile: remote || isAbsolute2(file) ? file : resolve2(workspace, file) },
    ...target === void 0 ? {} : { target }
  };
}
function buildSecretFromInput(line, index, secrets) {
  const [id, value] = splitKeyValue(line);
  if (Buffer.byteLength(value) > MAX_BUILD_SECRET_BYTES) {
    throw new ConfigurationError(
      `build-secrets: "${id}" is longer than 127 KiB, more than can be handed over.`
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id},env=${variable}`;
}
function attestKind(attest) {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.["kind"];
}
function cacheForImage(cache, id) {
  if (!/(?:^|,)type=/.test(cache)) return withTagSuffix(cache, id);
  const field = { gha: "scope", registry: "ref", local: /(?:^|,)dest=/.test(cache) ? "dest" : "src" };
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"];
  if (type === "gha" && !/(?:^|,)scope=/.test(cache)) return `${cache},scope=${id}`;
  const name = type === "gha" || type === "registry" || type === "local" ? field[type] : void 0;
  if (name === void 0) return cache;
  return cache.replace(
    new RegExp(`(?<before>(?:^|,)${name}=)(?<value>[^,]*)`),
    (_, before, value) => {
      if (name === "ref") return before + withTagSuffix(value, id);
      return `${before}${value}${name === "scope" ? "-" : "/"}${id}`;
    }
  );
}
function withTagSuffix(reference, id) {
  const hasTag = reference.lastIndexOf(":") > reference.lastIndexOf("/");
  return `${reference}${hasTag ? "" : ":latest"}-${id}`;
}

// src/model/tag-template.ts
var TAG_TEMPLATES = ["branch", "branch-slug", "semver", "sha7", "pr"];

// src/image/tags.ts
var SEMVER_TAG = /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
var TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;
var TAG_RULE = 'letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"';
function imageTagsFor(lines, commit) {
  if (commit.sha === void 0) {
    throw new ConfigurationError(
      "tags: the commit is not known, after which the image is named. Run actions/checkout before this step, or set GITHUB_SHA."
    );
  }
  const tags = /* @__PURE__ */ new Set([commit.sha]);
  const skipped = [];
  for (const line of lines) {
    const missing2 = templatesIn(line).find((name) => templateValue(name, commit) === void 0);
    if (missing2 === void 0) tags.add(filledTag(line, commit));
    else skipped.push(`tags: "${line}" is left out: ${whyNoValue(missing2, commit)}.`);
  }
  return { tags: [...tags], version: semverOf(commit), skipped };
}
function templatesIn(line) {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TAG_TEMPLATES.find((template) => template === groups?.["name"]);
    if (name !== void 0) return name;
    const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(", ");
    throw new ConfigurationError(`tags: {{${groups?.["name"]}}} is not known; ${known} are.`);
  });
}
function filledTag(line, commit) {
  const names = templatesIn(line);
  let next = 0;
  const tag = line.replaceAll(TEMPLATE, () => templateValue(names[next++], commit) ?? "");
  if (isTag(tag)) return tag;
  const from = names.length === 0 ? "" : ` (from ${line})`;
  throw new ConfigurationError(
    `tags: "${tag}"${from} is not a legal tag: ${TAG_RULE}.${tagAdvice(names, commit)}`
  );
}
function tagAdvice(names, commit) {
  if (names.includes("branch"))
    return ` Write {{branch-slug}} for "${slugOf(branchOf(commit) ?? "") ?? ""}".`;
  if (names.includes("semver"))
    return ' An image tag has no "+", so versions with build metadata give none: tag the commit without it.';
  return "";
}
function templateValue(name, commit) {
  switch (name) {
    case "branch":
      return branchOf(commit);
    case "branch-slug":
      return slugOf(branchOf(commit) ?? "");
    case "semver":
      return semverOf(commit);
    case "sha7":
      return commit.sha?.slice(0, 7);
    case "pr":
      return commit.pullRequest?.toString();
    case void 0:
      return void 0;
  }
}
function whyNoValue(name, commit) {
  const ref = commit.ref ?? "another commit than the event names";
  switch (name) {
    case "branch":
    case "branch-slug":
      return `${ref} is no branch`;
    case "semver":
      return `${ref} is no tag with a version such as v1.2.0`;
    case "pr":
      return "this run is not of a pull request";
    case "sha7":
      return "the commit is not known";
  }
}
function branchOf({ ref }) {
  const branch = /^refs\/heads\/(?<name>.+)$/.exec(ref ?? "")?.groups?.["name"];
  return branch?.startsWith("gh-readonly-queue/") ? void 0 : branch;
}
function semverOf({ ref }) {
  const tag = /^refs\/tags\/(?<name>.+)$/.exec(ref ?? "")?.groups?.["name"];
  return tag === void 0 ? void 0 : SEMVER_TAG.exec(tag)?.groups?.["version"];
}
function slugOf(branch) {
  const legal = branch.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[.-]+/, "").slice(0, 128);
  return legal === "" ? void 0 : legal;
}

// src/image/build-plan.ts
function planBuild({ targets, options, commit, contents }, workspace) {
  const tags = imageTagsFor(options.tags, commit);
  const tests = imageTestsFor(targets, options.tests);
  const labels = imageLabels(commit, tags.tags, tags.version, /* @__PURE__ */ new Date());
  const inputs = { workspace, contents, ids: bakeTargetIds(targets), labels };
  const items = targets.map((target) => {
    const recipe = recipeFor(target, options, inputs);
    const own = tests.get(target.service) ?? [];
    const fingerprint = buildFingerprint(
      recipe,
      own.map((argv) => argv.join("\0")),
      workspace
    );
    const labelled = { ...recipe.target.labels, [BUILD_FINGERPRINT_LABEL]: fingerprint };
    return { target, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests: own };
  });
  return { tags, items };
}
function buildSecretsOf(items) {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}
function imageReferencesOf({ tags }, { target, recipe }) {
  const [commit, ...rest] = tags.tags.map((tag) => `${target.repository}:${tag}`);
  const further = /* @__PURE__ */ new Set([...rest, ...recipe.references]);
  further.delete(commit ?? "");
  return { commit: commit ?? "", further: [...further] };
}

// src/image/platforms.ts
function normalizePlatform(platform2) {
  return platform2.replace(/\/arm64\/v8$/, "/arm64").replace(/\/arm$/, "/arm/v7").replace(/\/amd64\/v1$/, "/amd64");
}
function isSamePlatform(one, other) {
  return normalizePlatform(one) === normalizePlatform(other);
}
function testPlatform(platforms, own) {
  return platforms.find((platform2) => isSamePlatform(platform2, own)) ?? platforms[0];
}
async function enginePlatform(tools, environment) {
  const { stdout } = await tools.run("docker", ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"], {
    env: environment
  });
  return stdout.trim();
}
function runnerPlatform() {
  return `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
}

// src/image/run-bake.ts
import { randomUUID as randomUUID3 } from "node:crypto";
import { readFile, writeFile as writeFile2 } from "node:fs/promises";
import { join } from "node:path";

// src/image/build-errors.ts
var PROGRESS_SEPARATOR = /^-{4,}$/;
var ACCESS_DENIED = /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
var TRANSIENT_ERROR = /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:429|5\d\d)|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
var PERMANENT_ERROR = /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
function isAccessDenied(text) {
  return ACCESS_DENIED.test(text);
}
function isEngineUnreachable(text) {
  return /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i.test(
    text
  );
}
function isTransient(text) {
  return TRANSIENT_ERROR.test(text);
}
function explainBuildFailure(lines, attempt) {
  const at = lines.findLastIndex((line) => line.startsWith("ERROR:"));
  const last = at < 0 ? lines.slice(-3).join(" ") : lines.slice(at).join(" ").replace(/^ERROR:\s*/, "");
  const evidence = buildEvidenceOf(lines);
  const configuration = (message) => ({
    error: new ConfigurationError(message, { evidence }),
    retryable: false
  });
  const other = (message, retryable = false) => ({
    error: new SealiftError(message, { evidence }),
    retryable
  });
  const reason = shortenBuildError(last);
  const unable = unsupportedByBuilder(last);
  if (unable !== void 0) return configuration(unable);
  if (/unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(last)) {
    return configuration(
      "docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step."
    );
  }
  if (/Cannot connect to the Docker daemon|docker daemon is not running|failed to connect to the docker API/i.test(
    last
  )) {
    return other(`No Docker engine answers on the runner, so nothing can be built: ${reason}`);
  }
  if (lines.some((line) => /no space left on device/i.test(line))) {
    return other(
      `The disk of the engine that builds is full: ${reason} Free space before this step (docker system df shows what holds it).`
    );
  }
  if (/did not complete successfully/.test(last))
    return explainStepFailure(lines, last, configuration, other);
  if (/failed to read dockerfile/.test(last)) {
    const name = /open (?<name>[^:]+):/.exec(last)?.groups?.["name"] ?? "Dockerfile";
    return configuration(
      `file: there is no ${name} in the context. Set "file" to the Dockerfile's path, or "context" to its folder (in a Compose file: dockerfile: and context: below build:).`
    );
  }
  if (/unable to prepare context: path "(?<path>[^"]*)" not found/.test(last)) {
    const path = /path "(?<path>[^"]*)"/.exec(last)?.groups?.["path"];
    return configuration(
      `context: the folder ${path} does not exist. Is actions/checkout run before this step?`
    );
  }
  if (/target stage "[^"]*" could not be found/.test(last)) {
    return configuration(`target: ${/target stage "[^"]*"/.exec(last)?.[0]} is not in the Dockerfile.`);
  }
  const secret = /secret (?<id>\S+): not found/.exec(last)?.groups?.["id"];
  if (secret !== void 0) {
    return configuration(
      `build-secrets: the Dockerfile asks for the secret "${secret}", which is not given. Add a line ${secret}=….`
    );
  }
  if (/entitlement (?<name>\S+) is not allowed/.test(last)) {
    return configuration(
      `The builder does not allow what the build asks for: ${reason} Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement ….`
    );
  }
  if (attempt.push && isPushFailure(lines, last)) return explainPushFailure(lines, last, attempt, evidence);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(last)?.groups?.["image"];
  if (base !== void 0 && !isTransient(last)) {
    return isAccessDenied(last) ? configuration(
      `The registry refuses the base image ${base}. Log in to ${registryOf(base)} before this step (docker/login-action). It said: ${reason}`
    ) : configuration(`The base image ${base} was not found. It said: ${reason}`);
  }
  return other(`The build failed: ${reason}`, isTransient(last));
}
function unsupportedByBuilder(last) {
  const builder = "Run docker/setup-buildx-action before this step, which makes a builder that can.";
  if (/Multi-platform build is not supported/i.test(last)) {
    return `platforms: the runner's builder can't build for several platforms. ${builder}`;
  }
  if (/Attestation is not supported/i.test(last)) {
    return `provenance, sbom: the runner's builder can't attest. ${builder}`;
  }
  if (/Cache export is not supported/i.test(last)) {
    return `cache-to: the runner's builder can't export its cache, except inline. ${builder}`;
  }
  return void 0;
}
function explainStepFailure(lines, last, configuration, other) {
  if (lines.some((line) => /exec format error/.test(line))) {
    return configuration(
      "platforms: a step was to run a program of another platform, which this runner can't. Run docker/setup-qemu-action before this step, or build on a runner of that platform."
    );
  }
  const step2 = /process "(?<step>.*)" did not complete successfully: (?<how>.*)$/.exec(last)?.groups;
  const command = (step2?.["step"] ?? "").replace(/^\/bin\/sh -c /, "");
  return other(
    `The build failed: RUN ${shortenBuildError(command)} ended with ${step2?.["how"] ?? "an error"}.`
  );
}
function isPushFailure(lines, last) {
  return /failed to push|error pushing|failed to copy.*push/i.test(last) || lines.some((line) => /^ > pushing .* with docker:$/.test(line));
}
function isRetryablePushError(text) {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}
function explainPushFailure(lines, last, attempt, evidence) {
  const named = /failed to push (?<ref>\S+):/.exec(last)?.groups?.["ref"];
  const docker = lines.map((line) => /^ > pushing (?<ref>\S+) with docker:$/.exec(line)?.groups?.["ref"]).find((ref) => ref !== void 0);
  const reference = named ?? docker ?? attempt.repositories.join(", ");
  const registry = registryOf(reference);
  const reason = shortenBuildError(last);
  if (isAccessDenied(last) && !isTransient(last)) {
    return {
      retryable: false,
      error: new ConfigurationError(
        `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} It said: ${reason}`,
        { evidence }
      )
    };
  }
  const retryable = isRetryablePushError(last);
  return { retryable, error: new SealiftError(`Pushing ${reference} failed: ${reason}`, { evidence }) };
}
function pushAdvice(registry) {
  return registry === "ghcr.io" ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set registry-username and registry-password.' : "Check that registry-username and registry-password are of an account that may write there, or log in before this step.";
}
function buildEvidenceOf(lines) {
  const from = lines.findIndex(
    (line, index) => PROGRESS_SEPARATOR.test(line) && lines[index + 1]?.startsWith(" > ")
  );
  return lines.slice(from < 0 ? -10 : from).filter((line) => line.trim() !== "" && !PROGRESS_SEPARATOR.test(line)).slice(-20);
}
function shortenBuildError(text) {
  const one = text.replaceAll(/\s+/g, " ").replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, "").trim();
  return one.length > 400 ? `${one.slice(0, 400)}…` : one;
}

// src/image/retry.ts
import { setTimeout as pause } from "node:timers/promises";
var DEFAULT_RETRY_POLICY = { attempts: 5, firstWait: 2e3, longestWait: 3e4 };
var TransientError = class extends Error {
  finalError;
  constructor(final) {
    super(final.message);
    this.finalError = final;
  }
};
async function retryTransient(what, attempt, {
  log,
  retryPolicy,
  signal
}) {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error2) {
      if (!(error2 instanceof TransientError)) throw error2;
      if (number >= retryPolicy.attempts) throw error2.finalError;
      const wait = retryWait(number, retryPolicy, Math.random());
      log.info(
        `${what} failed: ${error2.message} Trying again in ${(wait / 1e3).toFixed(1)} s (${number + 1} of ${retryPolicy.attempts}).`
      );
      await pause(wait, void 0, signal === void 0 ? {} : { signal }).catch(
        () => signal?.throwIfAborted()
      );
    }
  }
}
function retryWait(number, { firstWait: first, longestWait: longest }, chance) {
  const whole = Math.min(longest, first * 2 ** (number - 1));
  return Math.round(whole / 2 + whole / 2 * chance);
}

// src/image/run-bake.ts
var BUILD_EVIDENCE_LINES = 200;
function runBake(what, targets, secrets, context) {
  const { tools, retryPolicy, signal } = context;
  return retryTransient(what, () => runBakeOnce(targets, secrets, context), {
    log: tools.log,
    retryPolicy,
    signal
  });
}
async function runBakeOnce(targets, secrets, { tools, environment, workspace, signal }) {
  const name = randomUUID3().slice(0, 8);
  const file = join(tools.folder, `bake-${name}.json`);
  const metadata = join(tools.folder, `bake-${name}.metadata.json`);
  await writeFile2(file, bakeDefinition(targets), { mode: 384 });
  const args = [
    ...["buildx", "bake", "--file", file, "--metadata-file", metadata, "--progress", "plain"],
    ...allowFlags(targets.values()),
    ...targets.keys()
  ];
  tools.log.debug(`docker ${args.join(" ")}`);
  const lines = [];
  try {
    await tools.run("docker", args, {
      cwd: workspace,
      env: { ...environment, ...BAKE_SETTINGS, ...Object.fromEntries(secrets) },
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > BUILD_EVIDENCE_LINES) lines.shift();
      },
      ...signal === void 0 ? {} : { signal }
    });
  } catch (error2) {
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    const told = lines.length > 0 ? lines : error2.stderr.split("\n");
    const references = [...targets.values()].flatMap(pushedNamesOf);
    const push = [...targets.values()].some(
      ({ output }) => output?.some((line) => line.includes("push=true"))
    );
    const failure = explainBuildFailure(told, { repositories: references, push });
    throw failure.retryable ? new TransientError(failure.error) : failure.error;
  }
  return readBakeMetadata(await readFile(metadata, "utf8"), targets.keys());
}
function pushedNamesOf({ tags = [], output = [] }) {
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.["name"] ?? []);
}
var BAKE_SETTINGS = {
  // The definition is ours and names files of the checkout: nobody is there to be asked.
  BUILDX_BAKE_ENTITLEMENTS_FS: "0",
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: "disabled",
  NO_COLOR: "1"
};
function readBakeMetadata(json, ids) {
  const all = asObject(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const told = asObject(all[id]);
      if (Object.keys(told).length === 0)
        throw new SealiftError(`docker buildx said nothing of the image "${id}" it built.`);
      return [
        id,
        {
          digest: optionalDigest(told["containerimage.digest"]),
          config: optionalDigest(told["containerimage.config.digest"])
        }
      ];
    })
  );
}
function optionalDigest(value) {
  const found = asText(value);
  return found !== void 0 && isDigest(found) ? found : void 0;
}

// src/image/build-and-test.ts
async function buildAndTest(plan, timer, context) {
  const items = plan.items.filter(({ tests }) => tests.length > 0);
  const tested = /* @__PURE__ */ new Map();
  if (items.length === 0) return tested;
  const enginePlatformName = await enginePlatform(context.tools, context.environment);
  const run = randomUUID4().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run}`]));
  const targets = /* @__PURE__ */ new Map();
  for (const item of plan.items) {
    const { recipe } = item;
    const platforms = recipe.target.platforms ?? [];
    const platform2 = testPlatform(platforms, enginePlatformName);
    const name = names.get(item);
    if (name === void 0) targets.set(recipe.id, { ...recipe.target, output: ["type=cacheonly"] });
    else targets.set(recipe.id, targetForTest(recipe, name, platform2));
  }
  const secrets = buildSecretsOf(plan.items);
  try {
    const built = await timer.time("build", () => runBake("The build", targets, secrets, context));
    await timer.time("build", () => cacheOtherPlatforms(items, enginePlatformName, secrets, context));
    for (const [item, name] of names) {
      tested.set(
        item,
        await timer.time("test", () => testImage(item, name, built, enginePlatformName, context))
      );
    }
    return tested;
  } finally {
    await context.tools.run("docker", ["image", "rm", "--force", ...names.values()], {
      env: context.environment,
      allowedExitCodes: [1]
    }).catch(() => void 0);
  }
}
async function testImage({ recipe, target, tests }, name, built, enginePlatformName, context) {
  const { config, digest: manifest } = built.get(recipe.id) ?? {};
  if (config === void 0 && manifest === void 0)
    throw new SealiftError(`docker buildx did not say which image it built for ${name}. Update buildx.`);
  const id = await loadedImageId(name, context);
  for (const argv of tests) await runImageTest(id, argv, target.service, context);
  return {
    config,
    manifest,
    platform: testPlatform(recipe.target.platforms ?? [], enginePlatformName) ?? enginePlatformName
  };
}
async function cacheOtherPlatforms(items, enginePlatformName, secrets, context) {
  const others = /* @__PURE__ */ new Map();
  for (const { recipe } of items) {
    const platforms = recipe.target.platforms ?? [];
    const tested = testPlatform(platforms, enginePlatformName);
    const rest = platforms.filter((platform2) => platform2 !== tested);
    if (recipe.target["no-cache"] === true && rest.length > 0)
      others.set(recipe.id, targetForCache(recipe, rest));
  }
  if (others.size > 0) await runBake("The build for the other platforms", others, secrets, context);
}

// src/image/check-build-files.ts
import { existsSync as existsSync2, statSync } from "node:fs";
import { isAbsolute as isAbsolute3, join as join2, relative as relative2 } from "node:path";
function checkBuildFiles({ service }, { target }, workspace) {
  const { context, dockerfile } = target;
  if (!isAbsolute3(context)) return;
  const shown = (path) => relative2(workspace, path) || ".";
  const where = (input) => service === "" ? `${input}:` : `compose-file: ${input === "file" ? "dockerfile" : input} of service ${service}:`;
  if (!existsSync2(context) || !statSync(context).isDirectory()) {
    throw new ConfigurationError(
      `${where("context")} the folder ${shown(context)} does not exist. Is actions/checkout run before this step?`
    );
  }
  if (target["dockerfile-inline"] !== void 0) return;
  const file = isAbsolute3(dockerfile ?? "") ? dockerfile ?? "" : join2(context, dockerfile ?? "Dockerfile");
  if (existsSync2(file) || dockerfile === void 0 && existsSync2(join2(context, "dockerfile"))) return;
  const inContext = join2(context, relative2(workspace, file));
  const advice = service === "" && existsSync2(inContext) ? ` It is looked for from the checkout's top: file: ${shown(inContext)}` : service === "" && dockerfile === void 0 ? ' Set "file" to its path, or "context" to its folder.' : "";
  throw new ConfigurationError(`${where("file")} there is no ${shown(file)}.${advice}`);
}

// src/image/phase-timer.ts
var PhaseTimer = class {
  times = {};
  async time(part, what) {
    const began = performance.now();
    try {
      return await what();
    } finally {
      this.times[part] = Math.round((this.times[part] ?? 0) + performance.now() - began);
    }
  }
};

// src/image/push-mode.ts
import { randomUUID as randomUUID5 } from "node:crypto";
async function choosePushMode({ tools, environment }) {
  const driver = await tools.run("docker", ["buildx", "inspect"], { env: environment }).then(
    ({ stdout }) => builderDriverIn(stdout),
    (error2) => {
      if (!(error2 instanceof CommandError)) throw error2;
      return void 0;
    }
  );
  if (driver !== void 0 && driver !== "docker") return { kind: "digest" };
  return { kind: "tag", tag: `candidate-${randomUUID5().slice(0, 8)}` };
}
function builderDriverIn(printed) {
  return /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.["driver"];
}
async function tagInEngine(pushMode, repository, references, { tools, environment }) {
  if (pushMode.kind !== "tag") return;
  const image = `${repository}:${pushMode.tag}`;
  for (const reference of references) {
    await tools.run("docker", ["image", "tag", image, reference], { env: environment, allowedExitCodes: [1] }).catch(() => void 0);
  }
}
async function removeCandidateTag(pushMode, repositories, { tools, environment }) {
  if (pushMode.kind !== "tag") return;
  const names = repositories.map((repository) => `${repository}:${pushMode.tag}`);
  await tools.run("docker", ["image", "rm", "--force", ...names], { env: environment, allowedExitCodes: [1] }).catch(() => void 0);
}

// src/image/plain-http.ts
import { randomUUID as randomUUID6 } from "node:crypto";
import { lookup } from "node:dns/promises";
import { mkdir as mkdir2, writeFile as writeFile3 } from "node:fs/promises";
import { BlockList } from "node:net";
import { join as join3 } from "node:path";
async function plainHttpEnvironment(registry, { tools, environment }) {
  const { stdout } = await tools.run("docker", ["info", "--format", "{{json .RegistryConfig}}"], {
    env: environment
  });
  if (!await isInsecureRegistry(registry, JSON.parse(stdout))) {
    throw new ConfigurationError(
      `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner (/etc/docker/daemon.json) and of each host.`
    );
  }
  const folder = join3(tools.folder, `buildx-${randomUUID6().slice(0, 8)}`);
  await mkdir2(join3(folder, "instances"), { recursive: true });
  await writeFile3(join3(folder, "instances", PLAIN_HTTP_BUILDER), plainHttpBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN_HTTP_BUILDER };
}
var PLAIN_HTTP_BUILDER = "sealift-plain-http";
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
  const ranges = new BlockList();
  for (const range of asStrings(asObject(config)["InsecureRegistryCIDRs"])) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
}

// src/image/registry.ts
var RegistryAccessError = class extends ConfigurationError {
};
var Registry = class _Registry {
  #context;
  /** What was told of images by digest, which never changes: in one run it is asked for once, whoever asks. */
  static #byDigest = /* @__PURE__ */ new Map();
  #plainHttp = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RefusedError without access; SealiftError when the registry can't be reached.
   */
  async inspect(reference) {
    const known = _Registry.#byDigest.get(reference);
    if (known !== void 0) return known;
    const found = await this.#inspect(reference);
    if (found !== void 0) _Registry.#byDigest.set(`${repositoryPart(reference)}@${found.digest}`, found);
    return found;
  }
  async #inspect(reference) {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#ask(reference, ["inspect", "--format", format, reference]);
    if (answer === void 0) return void 0;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === void 0) throw new SealiftError(`${reference}: the registry's answer names no digest.`);
    const repository = repositoryPart(reference);
    const manifests = asList(asObject(manifest)["manifests"]).filter(isObject);
    const platforms = /* @__PURE__ */ new Map();
    if (manifests.length === 0) {
      platforms.set(platformText(asObject(image)), await this.#platform(repository, digest, asObject(image)));
    }
    for (const each of manifests) {
      const own = digestField(each);
      const platform2 = platformText(asObject(each["platform"]));
      if (own === void 0 || platform2.startsWith("unknown")) continue;
      const config = asObject(image)[platform2] ?? image;
      platforms.set(platform2, await this.#platform(repository, own, asObject(config)));
    }
    return { digest, platforms };
  }
  async #platform(repository, digest, image) {
    const reference = `${repository}@${digest}`;
    const raw = await this.#ask(reference, ["inspect", "--raw", reference]);
    const manifest = raw === void 0 ? {} : asObject(JSON.parse(raw));
    const config = digestField(manifest["config"]);
    if (config === void 0)
      throw new SealiftError(`${reference}: the registry has no such manifest, though its index names it.`);
    const labels = Object.entries(asObject(asObject(image["config"])["Labels"]));
    return {
      digest,
      config,
      labels: Object.fromEntries(labels.map(([key, value]) => [key, String(value)])),
      layers: layersOf(manifest, image)
    };
  }
  /**
   * Lets further names mean an image that is there; within a registry nothing is copied but its manifest.
   * @throws ConfigurationError when the registry does not let this login do so
   */
  async tag(image, references) {
    if (references.length === 0) return;
    const tags = references.flatMap((reference) => ["--tag", reference]);
    const args = ["create", "--prefer-index=false", ...tags, image];
    const done = await this.#ask(image, args, isRetryablePushError).catch((error2) => {
      if (!(error2 instanceof RegistryAccessError)) throw error2;
      const { evidence } = error2;
      throw new ConfigurationError(
        `${registryOf(image)} refuses the tags ${references.join(", ")} for ${image}. ${pushAdvice(registryOf(image))} It said: ${evidence.at(-1) ?? "nothing"}`,
        { evidence }
      );
    });
    if (done === void 0) throw new SealiftError(`${image} is not in the registry, so it can't be tagged.`);
  }
  #ask(reference, args, isRetryable = isTransient) {
    const { tools, retryPolicy, signal } = this.#context;
    const registry = registryOf(reference);
    return retryTransient(`Asking ${registry}`, () => this.#askOnce(reference, args, isRetryable), {
      log: tools.log,
      retryPolicy,
      signal
    });
  }
  async #askOnce(reference, args, isRetryable) {
    const registry = registryOf(reference);
    const plain = this.#plainHttp.get(registry);
    try {
      return await this.#imagetools(args, await plain ?? {});
    } catch (error2) {
      if (!(error2 instanceof CommandError)) throw error2;
      if (plain !== void 0 || !/server gave HTTP response to HTTPS client/.test(error2.stderr)) {
        return explainRegistryError(reference, registry, error2, isRetryable);
      }
    }
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#askOnce(reference, args, isRetryable);
  }
  async #imagetools(args, environment) {
    const { tools, signal } = this.#context;
    const argv = ["buildx", "imagetools", ...args];
    tools.log.debug(`docker ${argv.join(" ")}`);
    const { stdout } = await tools.run("docker", argv, {
      env: { ...this.#context.environment, ...environment },
      ...signal === void 0 ? {} : { signal }
    });
    return stdout;
  }
};
var repositoryPart = (reference) => reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
function explainRegistryError(reference, registry, error2, isRetryable) {
  const reply = (error2.stderr.trim().split("\n").at(-1) ?? "").replace(/^ERROR:\s*/, "");
  const { evidence } = error2;
  if (/unknown command: docker buildx|is not a docker command/.test(error2.stderr)) {
    throw new ConfigurationError(
      "docker buildx is not on this runner. Run docker/setup-buildx-action before this step."
    );
  }
  if (isAccessDenied(reply) && !isTransient(reply)) {
    throw new RegistryAccessError(
      `image: ${registry} does not show ${reference}: it is not there, or the login may not read it. Check the name, and registry-username and registry-password. It said: ${reply}`,
      { evidence }
    );
  }
  if (isRetryable(reply)) {
    throw new TransientError(
      new SealiftError(`The registry ${registry} can't be reached, or fails: ${reply}`, { evidence })
    );
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return void 0;
  throw new SealiftError(`The registry ${registry} was asked for ${reference} and failed: ${reply}`, {
    evidence
  });
}
function digestField(value) {
  const digest = asText(asObject(value)["digest"]);
  return digest !== void 0 && isDigest(digest) ? digest : void 0;
}
function layersOf(manifest, image) {
  const sizes = asList(manifest["layers"]).map((layer) => Number(asObject(layer)["size"]));
  const diffIds = asStrings(asObject(image["rootfs"])["diff_ids"]);
  return sizes.length === diffIds.length ? diffIds.map((diffId, index) => ({ diffId, size: sizes[index] ?? 0 })) : [];
}
function platformText(value) {
  const parts = [value["os"], value["architecture"], value["variant"]].filter(
    (part) => typeof part === "string" && part !== ""
  );
  return parts.join("/");
}

// src/image/resolve-images.ts
async function resolveImages(references, context) {
  const registry = new Registry(context);
  const remotes = new Map(
    await Promise.all(
      [...references].map(
        async ([service, reference]) => [service, await inspectExisting(reference, registry)]
      )
    )
  );
  const images = /* @__PURE__ */ new Map();
  const configs = /* @__PURE__ */ new Map();
  for (const [service, reference] of references) {
    const remote = remotes.get(service);
    if (remote === void 0) continue;
    const image = pinnedImage(reference.repository, reference.digest ?? remote.digest);
    images.set(service, image);
    const config = imageForPlatform(remote, runnerPlatform())?.config;
    if (config !== void 0) configs.set(service, config);
    if (reference.digest === void 0) context.tools.log.info(`${taggedReference(reference)} is ${image}.`);
  }
  const tags = [...new Set([...references.values()].flatMap(({ tag }) => tag === void 0 ? [] : [tag]))];
  const revisions = new Set([...remotes.values()].map(revisionLabelOf));
  return { images, configs, tags, revision: revisions.size === 1 ? [...revisions][0] : void 0 };
}
async function inspectExisting(reference, registry) {
  const name = reference.digest === void 0 ? taggedReference(reference) : pinnedImage(reference.repository, reference.digest);
  const remote = await registry.inspect(name);
  if (remote !== void 0) return remote;
  throw new ConfigurationError(
    `image: ${name} was not found in the registry. Check the name and the ${reference.digest === void 0 ? "tag" : "digest"}; was it pushed, or removed since?`
  );
}
function taggedReference({ repository, tag }) {
  return `${repository}:${tag ?? "latest"}`;
}
function revisionLabelOf({ platforms }) {
  return [...platforms.values()][0]?.labels[OCI_LABEL.revision];
}
function imageForPlatform({ platforms }, platform2) {
  const only = platforms.size === 1 ? [...platforms.values()][0] : void 0;
  return only ?? [...platforms].find(([name]) => isSamePlatform(name, platform2))?.[1];
}

// src/image/push-images.ts
async function pushTested(push, context) {
  const { plan, tested, pushMode } = push;
  const repositories = plan.items.map(({ target }) => target.repository);
  const targets = new Map(
    plan.items.map((item) => [
      item.recipe.id,
      targetForVerifiedPush(item.recipe, item.target.repository, pushMode, comparedDigest(tested.get(item)))
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
      const { further, commit } = imageReferencesOf(plan, item);
      return [item.recipe.id, targetForPush(item.recipe, [...further, commit])];
    })
  );
  const pushed = await runBake("The push", targets, buildSecretsOf(plan.items), context);
  const remotes = await inspectPushed({ plan, registry }, pushed, plan.tags.tags[0]);
  for (const [item, remote] of remotes) logPushed(plan, item, remote, context);
  return remotes;
}
async function inspectPushed({ plan, registry }, pushed, tag) {
  const found = await allOrThrow(
    plan.items.map(async (item) => {
      const { repository } = item.target;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === void 0 && tag === void 0)
        throw new SealiftError(
          `docker buildx did not say which image it pushed to ${repository}. Update buildx.`
        );
      const reference = digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === void 0)
        throw new SealiftError(`${reference} was pushed, and the registry does not have it.`);
      return [item, remote];
    })
  );
  return new Map(found);
}
function comparedDigest(tested) {
  return tested !== void 0 && tested.config === void 0 ? "manifest" : "config";
}
function verifyPushed({ target, recipe }, tested, remote) {
  if (tested === void 0) return;
  const there = imageForPlatform(remote, tested.platform);
  const what = comparedDigest(tested);
  const is = what === "config" ? there?.config : there?.digest;
  if (is === tested[what]) return;
  const image = pinnedImage(target.repository, remote.digest);
  const why = recipe.cacheTo.some(isInlineCache) ? "cache-to: type=inline stands in the image itself, and docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step." : "A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it builds anew.";
  throw new SealiftError(
    `${image} is not what was tested: its ${what} is ${is ?? `not there for ${tested.platform}`}, the tested one ${tested[what]}. No tag was moved. ${why}${target.service === "" ? "" : ` (${target.service})`}`
  );
}
async function moveTags(remotes, { plan, registry, pushMode }, context) {
  const all = [...remotes].map(([item, remote]) => ({
    ...imageReferencesOf(plan, item),
    item,
    remote,
    image: pinnedImage(item.target.repository, remote.digest)
  }));
  await allOrThrow(all.map(({ image, further }) => registry.tag(image, further)));
  await allOrThrow(
    all.flatMap(({ image, commit, further, item }) => [
      registry.tag(image, [commit]),
      tagInEngine(pushMode, item.target.repository, [commit, ...further], context)
    ])
  );
  for (const { item, remote } of all) logPushed(plan, item, remote, context);
}
function logPushed({ tags }, { target }, { digest }, { tools }) {
  tools.log.info(`Pushed ${pinnedImage(target.repository, digest)} as ${tags.tags.join(", ")}.`);
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
async function findReusableImage({ target, recipe }, { sha = "" }, registry, { tools }) {
  const reference = `${target.repository}:${sha}`;
  let remote;
  try {
    remote = await registry.inspect(reference);
  } catch (error2) {
    if (!(error2 instanceof RegistryAccessError)) throw error2;
    tools.log.debug(error2.message);
  }
  if (remote === void 0) return void 0;
  const labels = [...remote.platforms.values()].map((platform2) => platform2.labels);
  if (labels.length === 0 || labels.some((label) => label[OCI_LABEL.revision] !== sha)) {
    tools.log.info(
      `${reference} is in the registry, but its label does not say that it was built from this commit. It is built again.`
    );
    return void 0;
  }
  const fingerprint = recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
  if (labels.some((label) => label[BUILD_FINGERPRINT_LABEL] !== fingerprint)) {
    tools.log.info(
      `${reference} is in the registry, but was built with other inputs or tested otherwise. It is built again.`
    );
    return void 0;
  }
  return remote;
}
async function tagReusedImages(plan, found, registry, { tools }) {
  for (const [item, { digest }] of found) {
    const image = pinnedImage(item.target.repository, digest);
    tools.log.info(
      `${image} was built from this commit already and is used again (rebuild: true builds it anew).`
    );
    await registry.tag(image, imageReferencesOf(plan, item).further);
  }
}

// src/image/build-images.ts
async function lookUpBuild(task, context) {
  const plan = planBuild(task, context.workspace);
  for (const line of plan.tags.skipped) context.tools.log.info(line);
  if (task.commit.note !== void 0) context.tools.log.info(task.commit.note);
  const registry = new Registry(context);
  const remotes = task.options.rebuild ? void 0 : await findReusableImages(plan, task.commit, registry, context);
  return { plan, registry, remotes };
}
function reusableImages({ plan, remotes }) {
  return remotes === void 0 ? void 0 : builtImagesFrom(plan, remotes, { reused: true, times: {} });
}
async function buildImages(task, context, lookup2) {
  const { plan, registry, remotes } = lookup2;
  if (remotes !== void 0) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes, { reused: true, times: {} });
  }
  for (const { target, recipe } of plan.items) checkBuildFiles(target, recipe, context.workspace);
  warnOfUnusedCache(task, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0) ? await testAndPush(lookup2, timer, context) : await timer.time("build", () => pushUntested(lookup2, context));
  return builtImagesFrom(plan, pushed, { reused: false, times: timer.times });
}
async function testAndPush({ plan, registry }, timer, context) {
  const [tested, pushMode] = await allOrThrow([buildAndTest(plan, timer, context), choosePushMode(context)]);
  return await timer.time("push", () => pushTested({ plan, tested, registry, pushMode }, context));
}
function warnOfUnusedCache({ options }, { tools, environment }) {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || "ACTIONS_RUNTIME_TOKEN" in environment) return;
  tools.log.warning(
    "cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN."
  );
}
function builtImagesFrom(plan, remotes, { reused, times }) {
  const images = /* @__PURE__ */ new Map();
  const configs = /* @__PURE__ */ new Map();
  for (const [{ target }, remote] of remotes) {
    const config = (imageForPlatform(remote, runnerPlatform()) ?? [...remote.platforms.values()][0])?.config;
    for (const key of target.imageKeys) {
      images.set(key, pinnedImage(target.repository, remote.digest));
      if (config !== void 0) configs.set(key, config);
    }
  }
  const tested = plan.items.every(({ tests }) => tests.length > 0);
  return { images, configs, tags: plan.tags.tags, reused, tested, durations: times };
}

// src/image/build-targets.ts
function placeholderImage(repository) {
  const nothing = `sha256:${"0".repeat(64)}`;
  if (!isDigest(nothing)) throw new Error("unreachable: 64 zeros are a digest");
  return pinnedImage(repository, nothing);
}
function buildTargetsOf(config, source) {
  if (config === void 0) return [targetFromInputs(source, [""])];
  const services = Object.entries(config.services);
  const image = placeholderImage(source.repository);
  const built = services.filter(([, service]) => isObject(service["build"]));
  const users = services.filter(([, service]) => service["image"] === image).map(([name]) => name);
  const builtUsers = users.filter((user) => built.some(([name]) => name === user));
  const buildServices = built.map(([name, service]) => {
    const named = imageNameOf(service);
    return {
      service: name,
      image: named,
      repository: named === void 0 ? void 0 : repositoryOfImageName(named, image, name, source),
      build: isObject(service["build"]) ? service["build"] : {},
      platform: asText(service["platform"])
    };
  });
  const only = buildServices.length === 1 && users.length === 0;
  const targets = mergeSameImages(
    buildServices.map((buildService) => ({
      ...buildService,
      repository: buildService.repository ?? (only ? source.repository : repositoryForService(source.repository, buildService.service))
    }))
  ).map(
    ({ service, repository, build: build2, platform: platform2, image: named, sharedBy: also }) => ({
      ...{ service, repository, build: build2, platform: platform2 },
      imageKeys: imageKeysOf(service, also, named, services, image),
      secrets: config.secrets ?? {}
    })
  );
  const own = users.length > 0 && builtUsers.length === 0 ? [targetFromInputs(source, ["", ...users])] : [];
  const all = [...own, ...targets];
  if (all.length === 0) throw nothingToBuildError(services.map(([name]) => name));
  rejectDuplicateRepositories(all);
  rejectUnusedInputs(all, source);
  return all;
}
function mergeSameImages(buildServices) {
  const merged = [];
  for (const buildService of buildServices) {
    const same = merged.findIndex(
      (other2) => buildService.image !== void 0 && other2.image === buildService.image && other2.platform === buildService.platform && JSON.stringify(other2.build) === JSON.stringify(buildService.build)
    );
    const other = merged[same];
    if (other === void 0) merged.push({ ...buildService, sharedBy: [] });
    else merged[same] = { ...other, sharedBy: [...other.sharedBy, buildService.service] };
  }
  return merged;
}
function imageKeysOf(service, also, named, services, image) {
  const sharers = services.filter(
    ([, other]) => named !== void 0 && !isObject(other["build"]) && isSameImageName(imageNameOf(other), named)
  ).map(([name]) => name);
  return [.../* @__PURE__ */ new Set([service, ...also, ...sharers, ...named === image ? [""] : []])];
}
function isSameImageName(one, other) {
  const whole = (name) => /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
  return one !== void 0 && whole(one) === whole(other);
}
function repositoryOfImageName(named, image, service, source) {
  if (named === image) return source.repository;
  return parseImageReference(named, `compose-file: image of service ${service}`).repository;
}
function repositoryForService(repository, service) {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is no legal name for its image. Give the service an image: of its own.`
  );
}
function targetFromInputs(source, keys) {
  return {
    service: "",
    repository: source.repository,
    imageKeys: keys,
    build: void 0,
    platform: void 0,
    secrets: {}
  };
}
function rejectDuplicateRepositories(targets) {
  for (const [at, target] of targets.entries()) {
    const other = targets.slice(0, at).find((earlier) => earlier.repository === target.repository);
    if (other === void 0) continue;
    const names = [other, target].map(
      ({ service }) => service === "" ? "the one of input context" : service
    );
    throw new ConfigurationError(
      `compose-file: ${names.join(" and ")} are built differently and would both be ${target.repository}. Give each service an image: of its own.`
    );
  }
}
function rejectUnusedInputs(targets, source) {
  if (targets.some(({ service }) => service === "")) return;
  const services = targets.map(({ service }) => service).join(", ");
  const { file, target, context } = source.options;
  const given = [
    ...file === void 0 ? [] : [["file", "dockerfile"]],
    ...target === void 0 ? [] : [["target", "target"]],
    ...context === "." ? [] : [["context", "context"]]
  ];
  const [first] = given;
  if (first === void 0) return;
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Leave it out, or write ${first[1]}: below build: in the Compose file.`
  );
}
function nothingToBuildError(services) {
  return new ConfigurationError(
    `compose-file: nothing is to be built. No service has build: or image: \${IMAGE} (services: ${services.join(", ") || "none"}).`
  );
}
function imageNameOf(service) {
  return asText(service["image"]);
}

// src/image/login.ts
import { randomUUID as randomUUID7 } from "node:crypto";
import { homedir as homedir2 } from "node:os";
import { join as join5 } from "node:path";

// src/run/environment.ts
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

// src/image/choose-logins.ts
var GITHUB_REGISTRY = "ghcr.io";
function chooseLogins(credentials, repositories) {
  const { login, token } = credentials;
  const registries = [...new Set([...repositories].map(registryOf))];
  const others = registries.filter((registry) => registry !== GITHUB_REGISTRY);
  const logins = [];
  if (login !== void 0) {
    if (others.length > 1) {
      throw new ConfigurationError(
        `registry-username: the images are in several registries (${others.join(", ")}), and one login can't be for all. Log in to them with docker/login-action before this step, and leave registry-username and registry-password out.`
      );
    }
    const registry = others[0] ?? registries[0];
    if (registry !== void 0) logins.push({ registry, ...login });
  }
  const covered = logins.some(({ registry }) => registry === GITHUB_REGISTRY);
  if (token !== void 0 && !covered && registries.includes(GITHUB_REGISTRY))
    logins.push({ registry: GITHUB_REGISTRY, ...token });
  return logins;
}

// src/image/docker-config.ts
import { mkdir as mkdir3, readdir as readdir2, readFile as readFile2, symlink as symlink2, writeFile as writeFile4 } from "node:fs/promises";
import { homedir } from "node:os";
import { join as join4 } from "node:path";
var DOCKER_HUB_KEY = "https://index.docker.io/v1/";
function registryConfigKey(registry) {
  return registry === "docker.io" ? DOCKER_HUB_KEY : registry;
}
async function makeDockerConfig(folder, logins, environment) {
  const original = environment["DOCKER_CONFIG"] || join4(environment["HOME"] || homedir(), ".docker");
  await mkdir3(folder, { mode: 448 });
  await writeFile4(
    join4(folder, "config.json"),
    JSON.stringify(privateDockerConfig(await readDockerConfig(original), logins)),
    {
      mode: 384
    }
  );
  for (const name of await readdir2(original).catch(() => [])) {
    if (name !== "config.json") await symlink2(join4(original, name), join4(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too: those of the runner, also where the link to them could not be made yet.
      BUILDX_CONFIG: environment["BUILDX_CONFIG"] || join4(original, "buildx")
    }
  };
}
function privateDockerConfig(config, logins) {
  const keys = logins.map(registryConfigKey);
  const own = Object.fromEntries(keys.map((key) => [key, ""]));
  const auths = Object.entries(asObject(config["auths"])).filter(([key]) => !keys.includes(key));
  return {
    ...config,
    auths: Object.fromEntries(auths),
    credHelpers: { ...asObject(config["credHelpers"]), ...own }
  };
}
function hasCredentials(config, registry) {
  const key = registryConfigKey(registry);
  if (asText(asObject(config["credHelpers"])[key]) !== void 0) return true;
  return asObject(config["auths"])[key] !== void 0;
}
async function readDockerConfig(folder) {
  const path = join4(folder, "config.json");
  let json;
  try {
    json = await readFile2(path, "utf8");
  } catch (error2) {
    if (error2 instanceof Error && "code" in error2 && error2.code === "ENOENT") return {};
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error2)}`);
  }
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(
      `${path} is not valid JSON. Mend or remove it; docker can't read it either.`
    );
  }
}

// src/image/login.ts
async function loginToRegistries(credentials, repositories, tools, options = {}) {
  const environment = options.environment ?? programEnvironment();
  const present = await readDockerConfig(
    environment["DOCKER_CONFIG"] || join5(environment["HOME"] || homedir2(), ".docker")
  );
  const logins = chooseLogins(credentials, repositories).filter(
    (each) => !isJobToken(each, credentials) || !hasCredentials(present, each.registry)
  );
  const folder = join5(tools.folder, `docker-${randomUUID7().slice(0, 8)}`);
  const config = await makeDockerConfig(
    folder,
    logins.map(({ registry }) => registry),
    environment
  );
  const { retryPolicy = DEFAULT_RETRY_POLICY, signal } = options;
  for (const each of logins) {
    await retryTransient(
      `Logging in to ${each.registry}`,
      () => dockerLogin(each, credentials, config, tools, signal),
      {
        log: tools.log,
        retryPolicy,
        signal
      }
    );
  }
  return config;
}
async function registryEnvironment(credentials, release, tools) {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  return (await loginToRegistries(credentials, repositories, tools)).environment;
}
function isJobToken({ username, password }, { token }) {
  return token !== void 0 && username === token.username && password === token.password;
}
async function dockerLogin(each, credentials, config, tools, signal) {
  const { registry, username, password } = each;
  const server = registry === "docker.io" ? [] : [registry];
  const args = ["login", "--username", username, "--password-stdin", ...server];
  tools.log.debug(`docker ${args.join(" ")}`);
  try {
    await tools.run("docker", args, {
      env: config.environment,
      stdin: password,
      ...signal === void 0 ? {} : { signal }
    });
    tools.log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error2) {
    if (!(error2 instanceof CommandError)) throw error2;
    throw explainLoginError(registry, isJobToken(each, credentials), error2);
  }
}
function explainLoginError(registry, byToken, error2) {
  const reply = (error2.stderr.trim().split("\n").at(-1) ?? "").replace(/^Error response from daemon:\s*/, "");
  const { evidence } = error2;
  if (isEngineUnreachable(reply)) {
    return new SealiftError(`No Docker engine answers on the runner: ${reply}`, { evidence });
  }
  if (isAccessDenied(reply)) {
    return new ConfigurationError(
      byToken ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set registry-username and registry-password. It said: ${reply}` : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries want a token in place of the password. It said: ${reply}`,
      { evidence }
    );
  }
  if (/HTTP response to HTTPS client/.test(reply)) {
    return new ConfigurationError(
      `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner and of each host.`,
      { evidence }
    );
  }
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${reply} Is its name right in input image, and may this runner reach it?`,
    { evidence }
  );
  return isTransient(reply) ? new TransientError(unreachable) : unreachable;
}

// src/report/buffered-log.ts
function createBufferedLog(log) {
  const buffer2 = [];
  let isBuffering = true;
  const write = (what) => {
    if (isBuffering) buffer2.push(what);
    else what();
  };
  return {
    info: (line) => write(() => log.info(line)),
    notice: (line) => write(() => log.notice(line)),
    warning: (line) => write(() => log.warning(line)),
    debug: (line) => write(() => log.debug(line)),
    flush() {
      isBuffering = false;
      for (const what of buffer2.splice(0)) what();
    }
  };
}

// src/report/plain-text.ts
import { stripVTControlCharacters } from "node:util";
var BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
var CONTROLS = new RegExp("(?![\\n\\t])\\p{Cc}", "gu");
function plainText(text) {
  return stripVTControlCharacters(text).replace(/\r\n?/g, "\n").replace(BIDI, "").replace(CONTROLS, "");
}
function oneLine(text) {
  return plainText(text).replace(/\s+/g, " ").trim();
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
async function group(title, what) {
  startGroup(title);
  try {
    return await what();
  } finally {
    endGroup();
  }
}
function logCollapsed(title, lines) {
  startGroup(title);
  for (const line of lines) consoleLog.info(line);
  endGroup();
}

// src/image-lookup.ts
function startImageLookup({ source, registry }, reading, { dryRun }, context) {
  const closed = new AbortController();
  const log = createBufferedLog(context.tools.log);
  const background = {
    ...context,
    tools: { ...context.tools, log },
    signal: AbortSignal.any([context.signal, closed.signal])
  };
  const lookup2 = source.kind === "build" ? startBuildLookup(source, registry, reading, dryRun, background) : startExistingLookup(source, registry, background);
  return {
    resolve: () => lookup2.resolve(() => log.flush()),
    async close() {
      closed.abort(new Error("What was looked for is no longer needed."));
      await lookup2.pending.catch(() => void 0);
      log.flush();
    }
  };
}
function startBuildLookup(source, registry, reading, dryRun, context) {
  const runLookup = async () => {
    const { resolved } = await reading;
    const targets = buildTargetsOf(resolved?.config, source);
    const contents = resolved?.contents ?? /* @__PURE__ */ new Map();
    const task = { targets, options: source.options, commit: context.commit, contents };
    const repositories = targets.map((target) => target.repository);
    const imageContext = await openImageContext(registry, repositories, context);
    return { task, shop: imageContext, found: await lookUpBuild(task, imageContext) };
  };
  const pending = inBackground(runLookup());
  return {
    pending,
    resolve: (showLog) => group(dryRun ? "Look for the image" : "Build, test and push", async () => {
      showLog();
      const { task, shop: imageContext, found } = await pending;
      const known = { revision: context.commit.sha, environment: imageContext.environment };
      if (dryRun) return { ...dryRunImages(task, found, source.repository, context), ...known };
      const {
        images,
        tags,
        reused,
        tested,
        durations: times
      } = await buildImages(task, imageContext, found);
      const build2 = { reused, tested, times };
      Object.assign(context.report, { images: Object.fromEntries(images), tags, build: build2 });
      return { images, tags, ...known };
    })
  };
}
function dryRunImages(task, found, repository, context) {
  const existing = reusableImages(found);
  if (existing !== void 0) {
    context.report.images = Object.fromEntries(existing.images);
    return existing;
  }
  context.tools.log.info("The registry does not have this commit yet: it would be built.");
  const keys = task.targets.flatMap(
    (target) => target.imageKeys.map((key) => [key, placeholderImage(target.repository)])
  );
  return { images: new Map(keys.length > 0 ? keys : [["", placeholderImage(repository)]]), tags: [] };
}
function startExistingLookup(source, registry, context) {
  const runLookup = async () => {
    const repositories = [...source.images.values()].map((image) => image.repository);
    const imageContext = await openImageContext(registry, repositories, context);
    return { ...await resolveImages(source.images, imageContext), environment: imageContext.environment };
  };
  const pending = inBackground(runLookup());
  return {
    pending,
    resolve: (showLog) => group("Find the image", async () => {
      showLog();
      const { images, tags, revision, environment } = await pending;
      Object.assign(context.report, { images: Object.fromEntries(images), tags });
      return { images, tags, revision, environment };
    })
  };
}
async function openImageContext(registry, repositories, context) {
  const { tools, signal } = context;
  const { environment } = await loginToRegistries(registry, repositories, tools, { signal });
  return { tools, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY, signal };
}

// src/release/compose/resolve.ts
import { existsSync as existsSync3 } from "node:fs";
import { dirname, join as join7, resolve as resolve3 } from "node:path";

// src/model/release.ts
var SLOTS = ["blue", "green"];
var otherSlot = (slot) => slot === "blue" ? "green" : "blue";
function baseProject(appEnvironment) {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}
function releaseProject(appEnvironment) {
  return `${baseProject(appEnvironment)}-${appEnvironment.id}`;
}
function slotNetwork(appEnvironment, slot) {
  return `${baseProject(appEnvironment)}-${slot}`;
}
var LABEL = {
  app: "sealift.app",
  environment: "sealift.environment",
  release: "sealift.release",
  /** Of the slots' networks. In which slot a container is, its networks alone tell: it can be moved. */
  slot: "sealift.slot",
  role: "sealift.role",
  /** The restart policy that a container is to have while its release may run: `always`, `on-failure:3`. */
  restart: "sealift.restart",
  /** Fingerprint of the definition that an accessory was made from. */
  definition: "sealift.definition",
  edge: "sealift.edge"
};
function labelsOf(appEnvironment) {
  return { [LABEL.app]: appEnvironment.app, [LABEL.environment]: appEnvironment.environment };
}

// src/release/compose/compose-cli.ts
var OLDEST_COMPOSE = "2.35";
var UNSET_WARNING = /The \\?"([^"\\]+)\\?" variable is not set/g;
var INSTALL_ADVICE = "Install the Compose plugin on the runner (package docker-compose-plugin; GitHub-hosted runners have it).";
function runComposeConfig(cli, flags) {
  return cli.tools.run("docker", ["compose", ...cli.options, "config", "--format", "json", ...flags], {
    cwd: cli.cwd,
    env: cli.env,
    stdin: cli.stdin
  });
}
async function resolveToJson(cli) {
  const { stdout, stderr } = await runComposeConfig(cli, []).catch((error2) => {
    throw explainComposeError(error2, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET_WARNING)].map((match) => match[1] ?? ""));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}
function unsetVariablesProblem(names) {
  const first = names[0] ?? "";
  const list = names.map((name) => `\${${name}}`).join(", ");
  const [use, it] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  return `compose-file: ${list} ${use} used but not set. Give ${it} in the input env (${first}=…) or in .env, or a default in the file: \${${first}:-…}. A dollar sign that is meant for the container is written $$.`;
}
function explainComposeError(error2, folder) {
  if (!(error2 instanceof CommandError)) return error2;
  const output = error2.stderr.split("\n").filter((line) => line.trim() !== "" && !/^time=.*level=(warning|info|debug)/.test(line)).join("\n").trim();
  if (/unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/.test(
    output
  )) {
    return new ConfigurationError(`compose-file: docker compose is not there. ${INSTALL_ADVICE}`, {
      evidence: error2.evidence
    });
  }
  if (isComposeTooOld(error2)) {
    return new ConfigurationError(
      `compose-file: docker compose on this runner is too old; Sealift needs ${OLDEST_COMPOSE} or later. ${INSTALL_ADVICE}`,
      { evidence: error2.evidence }
    );
  }
  const required = /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(output);
  if (required !== null) {
    const [, name = "", reason] = required;
    const why = reason === void 0 ? "" : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why}. Give it in the input env: ${name}=…`
    );
  }
  const text = output === "" ? error2.message : output;
  return new ConfigurationError(`compose-file: ${text.replaceAll(`${folder}/`, "")}`);
}
function isComposeTooOld(error2) {
  return error2 instanceof CommandError && /unknown flag: --(no-|format)/.test(error2.stderr);
}

// src/release/compose/data.ts
function isObject2(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function asObject2(value) {
  return isObject2(value) ? value : {};
}
function asList2(value) {
  return Array.isArray(value) ? value : [];
}
function asStrings2(value) {
  return asList2(value).filter((each) => typeof each === "string");
}
function asText2(value) {
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
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => wanted.has(key)));
}
function mapValues(data, of) {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, of(value, key)]));
}
function unescapeDollars(value) {
  return value.replaceAll("$$", "$");
}
function parseComposeConfig(json) {
  const data = asObject2(JSON.parse(json));
  const objects = (key) => mapValues(asObject2(data[key]), asObject2);
  return {
    services: objects("services"),
    networks: objects("networks"),
    volumes: objects("volumes"),
    secrets: objects("secrets"),
    configs: objects("configs")
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
import { readFile as readFile3 } from "node:fs/promises";
import { relative as relative3 } from "node:path";
async function readFileContents(config, cli, folder, problems) {
  const contents = /* @__PURE__ */ new Map();
  for (const { kind, name, spec } of fileObjectsOf(config)) {
    const file = asText2(spec["file"]);
    const variable = asText2(spec["environment"]);
    if (file !== void 0) {
      const content = await readUtf8(unescapeDollars(file)).catch((error2) => {
        problems.push(unreadableFileProblem(kind, name, relative3(cli.cwd, unescapeDollars(file)), error2));
      });
      if (content !== void 0) contents.set(`${kind}:${name}`, content);
    } else if (variable !== void 0) {
      const env = cli.env;
      const content = env[variable] ?? await readFromDotEnv(variable, cli, folder);
      if (content === void 0) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input env: ${variable}=…`
        );
      } else contents.set(`${kind}:${name}`, content);
    }
  }
  return contents;
}
function fileObjectsOf(config) {
  const of = (kind, specs) => Object.entries(specs ?? {}).map(([name, spec]) => ({ kind, name, spec }));
  return [...of("secret", config.secrets), ...of("config", config.configs)];
}
var readUtf8 = (path) => readFile3(path, "utf8");
function unreadableFileProblem(kind, name, path, error2) {
  const code = typeof error2 === "object" && error2 !== null && "code" in error2 ? error2.code : void 0;
  const why = code === "ENOENT" ? "which is not in the checkout. Make it in a step before this one, or use environment: with the input env" : code === "EISDIR" ? `which is a folder, and a ${kind} is one file. Name each file` : `which can't be read (${String(code)})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why}.`;
}
async function readFromDotEnv(variable, cli, folder) {
  const probe = {
    services: {
      probe: { image: "probe", labels: { value: `\${${variable}-}`, set: `\${${variable}+yes}` } }
    }
  };
  const options = [...cli.options.slice(0, 2), "--project-directory", folder, "--file", "-"];
  const { json } = await resolveToJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const labels = asObject2(asObject2(asObject2(asObject2(JSON.parse(json))["services"])["probe"])["labels"]);
  return labels["set"] === "yes" ? unescapeDollars(String(labels["value"])) : void 0;
}

// src/release/compose/runner-paths.ts
import { statSync as statSync2 } from "node:fs";
import { join as join6, sep } from "node:path";

// src/release/compose/service.ts
function portsOf(service) {
  return asList2(service["ports"]).map((each) => {
    const port = asObject2(each);
    const published = port["published"];
    return {
      target: asNumber(port["target"]) ?? 0,
      published: typeof published === "number" ? String(published) : asText2(published),
      address: asText2(port["host_ip"]),
      protocol: asText2(port["protocol"]) ?? "tcp",
      appProtocol: asText2(port["app_protocol"])?.toLowerCase()
    };
  });
}
function isOnAllAddresses(address) {
  return address === void 0 || address === "0.0.0.0" || address === "::";
}
function exposedPortsOf(service) {
  return asList2(service["expose"]).map((each) => /^(\d+)(?:\/tcp)?$/.exec(String(each))?.[1]).filter((port) => port !== void 0).map(Number);
}
function dependenciesOf(service) {
  return new Map(
    Object.entries(asObject2(service["depends_on"])).map(([name, value]) => {
      const { condition, required } = asObject2(value);
      return [name, { condition: parseCondition(condition), required: required !== false }];
    })
  );
}
function parseCondition(value) {
  return value === "service_healthy" || value === "service_completed_successfully" ? value : "service_started";
}
function replicasOf(service) {
  return asNumber(service["scale"]) ?? asNumber(asObject2(service["deploy"])["replicas"]) ?? 1;
}
function mountsOf(service) {
  return asList2(service["volumes"]).map((each) => {
    const mount = asObject2(each);
    const source = asText2(mount["source"]);
    return {
      type: asText2(mount["type"]) ?? "volume",
      source: source === void 0 ? void 0 : unescapeDollars(source),
      target: unescapeDollars(asText2(mount["target"]) ?? ""),
      readOnly: mount["read_only"] === true
    };
  });
}
function networksOf(service) {
  return asText2(service["network_mode"]) === void 0 ? asObject2(service["networks"]) : void 0;
}
function aliasesOf(service) {
  return Object.values(networksOf(service) ?? {}).flatMap(
    (network) => asStrings2(asObject2(network)["aliases"])
  );
}
function linksOf(service) {
  return asStrings2(service["links"]).map((link2) => {
    const [name = "", alias = name] = link2.split(":");
    return { service: name, alias };
  });
}
function referencedService(value) {
  return /^service:(.+)$/.exec(asText2(value) ?? "")?.[1];
}
function updateOrder(service) {
  return asText2(asObject2(asObject2(service["deploy"])["update_config"])["order"]);
}
function fileObjectName(use) {
  return typeof use === "string" ? use : asText2(asObject2(use)["source"]) ?? "";
}

// src/release/compose/runner-paths.ts
var HOME_PLACEHOLDER = "/sealift-home-of-the-runner";
async function findRunnerPaths(cli) {
  const asWritten = await unresolvedConfig(cli);
  return (config) => Object.entries(config.services).flatMap(([service, spec]) => {
    const written = mountsOf(asWritten?.services[service] ?? {});
    const mounts = mountsOf(spec);
    return mounts.flatMap((mount, at) => {
      if (mount.type !== "bind" || mount.source === void 0) return [];
      const raw = written.length === mounts.length ? written[at]?.source : void 0;
      if (!isOnRunner(raw, mount.source, cli.cwd)) return [];
      const text = (raw ?? mount.source).replace(HOME_PLACEHOLDER, "~");
      return [{ service, written: text, target: mount.target, kind: runnerPathKind(mount.source) }];
    });
  });
}
function isOnRunner(written, path, workspace) {
  const isRelative = written !== void 0 && /^[^/$]/.test(written);
  return isRelative || written?.startsWith(HOME_PLACEHOLDER) === true || `${path}${sep}`.startsWith(join6(workspace, sep));
}
async function unresolvedConfig(cli) {
  const env = cli.env;
  const dockerConfig = env["DOCKER_CONFIG"] ?? join6(env["HOME"] ?? "/", ".docker");
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
  const found = statSync2(path, { throwIfNoEntry: false });
  if (found === void 0) return "missing";
  return found.isFile() ? "file" : "folder";
}

// src/release/compose/resolve.ts
async function resolveCompose(source, of, image, workspace, tools, environment = process.env) {
  const placeholder = `${image}@${PLACEHOLDER_DIGEST}`;
  const cli = {
    tools,
    cwd: workspace,
    env: {
      ...withoutPrivateVariables(environment),
      ...Object.fromEntries(source.variables),
      IMAGE: placeholder
    },
    options: ["--project-name", baseProject(of), ...fileOptions(source, workspace)],
    stdin: source.files === void 0 ? minimalFileLogged(of.app, source, tools) : ""
  };
  const [{ json, unset }, find] = await Promise.all([resolveToJson(cli), findRunnerPaths(cli)]);
  const config = parseComposeConfig(json);
  const problems = unset.length > 0 ? [unsetVariablesProblem(unset)] : [];
  const folder = dirname(resolve3(workspace, source.files?.[0] ?? "compose.yaml"));
  return {
    config,
    placeholder,
    runnerPaths: find(config),
    contents: await readFileContents(config, cli, folder, problems),
    notices: overrideNotices(source.files ?? [], workspace),
    problems
  };
}
function fileOptions(source, workspace) {
  if (source.files === void 0) return ["--project-directory", workspace, "--file", "-"];
  return source.files.flatMap((file) => ["--file", file]);
}
function minimalFileLogged(app, source, { log }) {
  const text = minimalComposeFile(app, source);
  log.info("There is no Compose file, so this one is used:");
  for (const line of text.trimEnd().split("\n")) log.info(`  ${line}`);
  return text;
}
var PRIVATE_VARIABLES = /^(INPUT_|ACTIONS_|STATE_|GITHUB_TOKEN$|COMPOSE_FILE$|COMPOSE_PROJECT_NAME$|COMPOSE_ENV_FILES$)/;
function withoutPrivateVariables(environment) {
  const kept = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !PRIVATE_VARIABLES.test(name)) kept[name] = value;
  }
  return kept;
}
function overrideNotices(files, workspace) {
  return files.flatMap((file) => {
    const parts = /^(.*?(?:docker-)?compose)\.(ya?ml)$/.exec(file);
    if (parts === null) return [];
    return ["yaml", "yml"].map((extension) => `${parts[1]}.override.${extension}`).filter((override) => !files.includes(override) && existsSync3(join7(workspace, override))).map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
  });
}

// src/commands/build.ts
async function build(request3, context) {
  const { source, compose } = request3;
  const resolved = compose.files === void 0 ? void 0 : await group(
    "Read the Compose file",
    () => resolveCompose(
      { ...compose, port: void 0, volumes: [], domains: /* @__PURE__ */ new Map() },
      { app: "build", environment: "none" },
      source.repository,
      process.cwd(),
      context.tools
    )
  );
  for (const problem of resolved?.problems ?? []) context.tools.log.info(`For the deploy: ${problem}`);
  const imageLookup = startImageLookup(request3, Promise.resolve({ resolved }), { dryRun: false }, context);
  try {
    await imageLookup.resolve();
  } finally {
    await imageLookup.close();
  }
  Object.assign(context.report, {
    result: "built",
    state: "The images are in the registry.",
    revision: context.commit.sha
  });
}

// src/image-layers.ts
var LAYER_REQUEST_TIMEOUT = 15e3;
var NO_RETRIES = { attempts: 1, firstWait: 0, longestWait: 0 };
function createLayerLookup({ tools, signal }, environment) {
  const answers = /* @__PURE__ */ new Map();
  const ask = async (image) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LAYER_REQUEST_TIMEOUT)]);
    const imageContext = {
      tools,
      environment,
      workspace: process.cwd(),
      retryPolicy: NO_RETRIES,
      signal: deadline
    };
    return (await new Registry(imageContext).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = answers.get(image) ?? ask(image);
    answers.set(image, answer);
    answer.catch(() => answers.delete(image));
    return answer;
  };
}

// src/plan/failed-restarts.ts
function onlyFailedRestarts(outcome, desired) {
  if (outcome.kind === "succeeded" || outcome.undoFailures.length > 0) return [];
  const failedRestarts = outcome.failures.filter(isFailedRestart).filter(({ action }) => action.release !== desired);
  return failedRestarts.length === outcome.failures.length ? failedRestarts : [];
}
function isFailedRestart(failure) {
  const { host, stage, action } = failure;
  return host !== void 0 && stage === "recover" && (action?.kind === "start-services" || action?.kind === "check-health");
}
function markRestartFailed(hosts, failedRestarts) {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map(
      (release) => failedRestarts.some((each) => each.host === host.host && each.action.release === release.id) ? { ...release, restartFailed: true } : release
    )
  }));
}

// src/model/history.ts
function standingAcceptances(history) {
  const standing = [];
  for (const entry of history) {
    if (entry.event !== "rolled-back") standing.push(entry);
    else if (standing.at(-1)?.release === entry.release && entry.previous !== entry.release) standing.pop();
  }
  return standing;
}
function lastAcceptedRelease(history) {
  return standingAcceptances(history).at(-1)?.release;
}
function removedHosts(histories, today) {
  const last = histories.flatMap((history) => standingAcceptances(history)).filter(({ fleet }) => fleet !== void 0).reduce(
    (newest, entry) => newest === void 0 || entry.at > newest.at ? entry : newest,
    void 0
  );
  const known = new Set(today.map(hostnameOf));
  return (last?.fleet ?? []).filter((host) => !known.has(hostnameOf(host)));
}
var hostnameOf = (host) => host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, "").replace(/:\d+$/, "");
function lastAcceptanceOf(history, id) {
  return standingAcceptances(history).findLast((entry) => entry.release === id);
}
function trimHistory(history, length, known) {
  if (history.length <= length) return history;
  const former = standingAcceptances(history.slice(0, -length));
  const needed = former.filter(
    (entry, index) => index === former.length - 1 || known.has(entry.release) && former.findLastIndex(({ release }) => release === entry.release) === index
  );
  return [...needed, ...history.slice(-length)];
}

// src/plan/changed-accessories.ts
function changedAccessories(host, release) {
  return Object.entries(release.definitions ?? {}).filter(
    ([name, definition]) => host.accessories.some(
      (container) => container.service === name && container.definitionFingerprint !== void 0 && container.definitionFingerprint !== definition
    )
  ).map(([name]) => name);
}

// src/plan/host-queries.ts
function releaseOnHost(host, id, slot) {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed };
}
function effectiveTraffic({
  edge,
  traffic,
  accepted
}) {
  const isOver = edge.state === "absent" && traffic?.release !== accepted;
  return isOver ? void 0 : traffic;
}
function liveRelease(host) {
  if (host.traffic !== void 0) return releaseOnHost(host, host.traffic.release, host.traffic.slot);
  const last = host.accepted;
  const stands = host.releases.some((release) => release.id === last && release.containers.length > 0);
  return last !== void 0 && stands ? releaseOnHost(host, last, void 0) : void 0;
}
function serviceNamesOf(release) {
  if (release === void 0) return [];
  if (release.record !== void 0) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}
function servicesInRole(release, ...roles) {
  return Object.values(release?.services ?? {}).filter((service) => roles.includes(service.role)).map((service) => service.name);
}
function isContainerUp(container) {
  return container.state === "running" && container.health !== "unhealthy";
}
function serviceIsUp(observed, name, enough) {
  const desired = observed.record?.services[name];
  const containers = observed.containers.filter((container) => container.service === name);
  if (desired?.oneShot === true)
    return containers.some((container) => container.state === "exited" && container.exitCode === 0);
  return containers.filter(isContainerUp).length >= (enough ?? desired?.replicas ?? 1);
}
function runningServices(observed) {
  return observed?.containers.filter(({ state }) => state === "running").map(({ service }) => service) ?? [];
}
function hasDomains(release) {
  return release.routes.some((route) => route.domains.length > 0);
}
function mayHaveRoutes(release) {
  const record = release?.observed?.record;
  return release !== void 0 && (record === void 0 || record.routes.length > 0);
}
function requestHandlingServices(observed) {
  const { record } = observed;
  if (record === void 0) return serviceNamesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [.../* @__PURE__ */ new Set([...servicesInRole(record, "served", "internal"), ...routed])];
}
function isFullyServing(observed) {
  return observed.containers.length > 0 && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name));
}
function isFullyRunning(observed) {
  const well = observed.containers.map((each) => ({ ...each, health: void 0 }));
  return isFullyServing({ ...observed, containers: well });
}
function lacksRestartPolicy(observed) {
  return observed.containers.some(({ restartPolicyState: restarts }) => restarts === "missing");
}
function isFullyUp(observed) {
  return observed.containers.length > 0 && serviceNamesOf(observed).every((name) => serviceIsUp(observed, name));
}
function hasAllContainers(observed) {
  if (observed?.record === void 0) return false;
  return Object.values(observed.record.services).every(
    (service) => observed.containers.filter((container) => container.service === service.name).length >= service.replicas
  );
}
function hasContainer(observed, name) {
  return observed?.containers.some(({ service }) => service === name) === true;
}
function existingReplicas(observed, name) {
  const existing = observed?.containers.filter(({ service }) => service === name).length ?? 0;
  return Math.min(existing, observed?.record?.services[name]?.replicas ?? existing);
}
function existingReplicaRange(observed, names) {
  const existing = Object.fromEntries(names.map((name) => [name, existingReplicas(observed, name)]));
  const all = names.every(
    (name) => existing[name] === (observed?.record?.services[name]?.replicas ?? existing[name])
  );
  return all ? {} : { only: existing };
}
function mayRun(observed) {
  return observed.containers.some(
    ({ state, restartPolicyState: restarts }) => state !== "exited" && state !== "created" && state !== "dead" || restarts === "not-disabled"
  );
}
function missingAccessories(host, release) {
  return Object.keys(release.base.services).filter((name) => {
    const containers = host.accessories.filter((container) => container.service === name);
    const ends = runsToCompletion(release, name);
    return !containers.some(
      ({ state, exitCode }) => state === "running" || ends && state === "exited" && exitCode === 0
    );
  });
}
function runsToCompletion(release, name) {
  const waitsFor = (condition) => condition === "service_completed_successfully";
  return release.conditions.some(({ service, condition }) => service === name && waitsFor(condition)) || Object.values(release.base.services).some(
    (service) => waitsFor(propertyOf(propertyOf(service["depends_on"], name), "condition"))
  );
}
function propertyOf(of, key) {
  return typeof of === "object" && of !== null ? Object.entries(of).find(([name]) => name === key)?.[1] : void 0;
}
function releasesToPrune(host, desired, previous, keep) {
  const accepted = standingAcceptances(host.history).map((entry) => entry.release);
  const newestFirst = [
    .../* @__PURE__ */ new Set([desired, ...previous === void 0 ? [] : [previous], ...accepted.reverse()])
  ];
  const kept = new Set(newestFirst.slice(0, Math.max(keep, 1)));
  return host.releases.map((release) => release.id).filter((id) => !kept.has(id));
}

// src/plan/steps.ts
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

// src/plan/accessories.ts
function accessorySteps(context, when) {
  const { host, desired } = context;
  const isInPhase = (name) => desired.release.lateAccessories.includes(name) === (when === "late");
  const release = desired.release.id;
  const outdated = outdatedAccessories(context).filter(isInPhase);
  const missing2 = missingAccessories(host, desired.release).filter(
    (name) => isInPhase(name) && !outdated.includes(name)
  );
  const needed = missing2.length > 0 || when === "early" && needsNetworksOrVolumes(context);
  const reason = "their definition has changed";
  return [
    ...needed ? [step({ kind: "ensure-accessories", release, services: missing2 })] : [],
    ...outdated.length > 0 ? withReason(reason, "ensure-accessories", [
      step(
        { kind: "ensure-accessories", release, services: outdated, recreate: outdated },
        ...restoreFormerDefinitions(context, outdated)
      )
    ]) : []
  ];
}
function outdatedAccessories({ host, desired }) {
  return desired.updateAccessories ? changedAccessories(host, desired.release) : [];
}
function restoreFormerDefinitions({ host }, names) {
  const byRelease = /* @__PURE__ */ new Map();
  for (const name of names) {
    const made = host.accessories.find(({ service }) => service === name)?.definitionFingerprint;
    const known = host.releases.find(({ record }) => record?.definitions?.[name] === made);
    if (made !== void 0 && known !== void 0)
      byRelease.set(known.id, [...byRelease.get(known.id) ?? [], name]);
  }
  return [...byRelease].map(([release, services]) => ({
    kind: "ensure-accessories",
    release,
    services,
    recreate: services
  }));
}
function needsNetworksOrVolumes({ desired, live }) {
  const existing = new Set(networksAndVolumesOf(live?.observed?.record));
  return live?.observed?.record === void 0 || networksAndVolumesOf(desired.release).some((object) => !existing.has(object));
}
function networksAndVolumesOf(release) {
  const { networks = {}, volumes = {} } = release?.base ?? {};
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`)
  ];
}

// src/plan/tolerance.ts
function allowedFailures({ replicas, update }, up) {
  if (update === void 0) return 0;
  const share = update.failureAction === "continue" ? 1 : update.maxFailureRatio;
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}
function toleranceForRelease({ release, strategy }, services) {
  if (strategy.name !== "rolling") return {};
  const lenient = services.flatMap((name) => {
    const service = release.services[name];
    const most = service === void 0 ? 0 : allowedFailures(service, service.replicas);
    return most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

// src/plan/bake.ts
function bakeSteps({ host, desired, previous, traffic, slot }) {
  const { release, strategy, limits } = desired;
  const last = strategy.name === "canary" ? strategy.steps.at(-1)?.duration ?? 0 : 0;
  const time = Math.max(desired.bake, last);
  const services = servicesInRole(release, "served", "internal", "exclusive");
  const isRepair = previous === void 0 && host.accepted === release.id;
  if (time === 0 || services.length === 0 || isRepair) return [];
  const measured = desired.edgeFingerprint !== void 0 && traffic !== void 0 && traffic.release === previous?.id;
  const baseline = measured ? traffic : void 0;
  return [
    step({
      kind: "watch-release",
      purpose: "bake",
      release: release.id,
      slot,
      services,
      ...toleranceForRelease(desired, services),
      duration: time,
      baseline,
      limits: measured ? limits : void 0
    })
  ];
}

// src/model/host.ts
var hasSameLayout = (one, other) => layoutVersion(one) === layoutVersion(other);
var layoutVersion = (fingerprint) => /^(\d+)-/.exec(fingerprint)?.[1];

// src/model/route-matching.ts
var publishedAddress = ({ address, port }) => `${address ?? ""}:${port}`;
function matchingRoute(route, { routes }) {
  for (const is of ROUTE_MATCHERS) {
    const found = routes.find((each) => is(each, route));
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

// src/plan/compare-routes.ts
var serviceHasRoutes = ({ routes }, service) => routes.some((route) => route.service === service);
function routesMatchForService(one, other, service) {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const allMatch = (routes, by) => routes.every((route) => matchingRoute(route, by)?.service === service);
  return ours.length === theirs.length && allMatch(ours, other) && allMatch(theirs, one);
}
var canShareEdge = (one, other) => one.routes.length === other.routes.length && new Set(one.routes.map((route) => matchingRoute(route, other)?.id)).size === other.routes.length && one.routes.every((route) => matchingRoute(route, other) !== void 0);
function describeRouteChange(old, release) {
  const differ = (texts) => sortedText(old.routes, texts) !== sortedText(release.routes, texts);
  if (differ(publishedAddresses)) return "published ports have changed";
  const joinedAddresses = (route) => publishedAddresses(route).join(" ");
  if (differ((route) => joinedAddresses(route) === "" ? [] : [joinedAddresses(route)]))
    return "published ports lead elsewhere";
  if (differ((route) => route.domains.length > 0 ? [`domain ${joinedAddresses(route)}`] : []))
    return "domains lead elsewhere";
  const byDomains = (route) => route.published.length === 0;
  if (differ((route) => byDomains(route) ? [`${route.service}:${route.containerPort}`] : []))
    return "services that only domains lead to have changed";
  return differ(({ id }) => [id]) ? "another version of Sealift named its ways in" : void 0;
}
var routesTo = ({ routes }, service) => routes.filter((route) => route.service === service);
var publishedAddresses = ({ published }) => published.map(publishedAddress).sort();
var sortedText = (routes, texts) => routes.flatMap(texts).sort().join("\n");

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
  if (host.edge.state === "absent") {
    const resetTraffic = host.traffic === void 0 ? { resetTraffic: true } : {};
    if (mayHaveRoutes(live))
      return [step({ ...edgeAction(context, "create", "the edge is gone"), ...resetTraffic })];
    const reason = live === void 0 ? "first deploy" : "first published port";
    return [step({ ...edgeAction(context, "create", reason), ...resetTraffic }, { kind: "remove-edge" })];
  }
  const starts = host.edge.state === "stopped" && host.edge.fingerprint === context.desired.edgeFingerprint;
  return starts ? [step(edgeAction(context, "start", "the edge was stopped"))] : [];
}
function openRoutesSteps(context) {
  return [...replaceEdgeSteps(context), ...domainSteps(context)];
}
function replaceEdgeSteps(context) {
  const { host, desired, previous } = context;
  if (desired.edgeFingerprint === void 0 || host.edge.state === "absent" || host.edge.fingerprint === desired.edgeFingerprint) {
    return [];
  }
  const replace = edgeAction(context, "replace", edgeReplaceReason(context));
  if (previous === void 0 || !mayHaveRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: "as it was before" })];
}
function edgeReplaceReason(context) {
  const old = context.previous?.observed?.record;
  if (isEdgeOfAnotherVersion(context)) return MADE_BY_ANOTHER_VERSION;
  return (old && describeRouteChange(old, context.desired.release)) ?? "it was made for other ways in";
}
var MADE_BY_ANOTHER_VERSION = "another version of Sealift made it";
function isEdgeOfAnotherVersion({ host, desired }) {
  const { edge } = host;
  return edge.state !== "absent" && desired.edgeFingerprint !== void 0 && !hasSameLayout(edge.fingerprint, desired.edgeFingerprint);
}
function edgeKeepsRouting({ host, desired }) {
  const { edge } = host;
  if (desired.edgeFingerprint === void 0 || edge.state === "absent") return false;
  return edge.state === "running" || edge.fingerprint === desired.edgeFingerprint;
}
function whyTrafficCannotBeSplit(context) {
  const old = context.previous?.observed?.record;
  if (!edgeKeepsRouting(context)) return "the edge does not run";
  if (isEdgeOfAnotherVersion(context)) return `the edge is replaced, since ${MADE_BY_ANOTHER_VERSION}`;
  if (old === void 0) return "the ways in of the old release are not known";
  return canShareEdge(old, context.desired.release) ? void 0 : "the ways in have changed, so no edge can lead to both releases";
}
function domainSteps({ host, desired, live, previous }) {
  const { release } = desired;
  const traffic = host.releases.find(({ id }) => id === host.traffic?.release)?.record;
  const records = [release, live?.observed?.record, traffic];
  if (!records.some((record) => record !== void 0 && hasDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.observed?.record?.id;
  return [step({ kind: "route-domains", release: release.id }, { kind: "route-domains", release: before })];
}
function edgeAction({ desired }, kind, reason) {
  return { kind: "ensure-edge", change: kind, release: desired.release.id, reason };
}

// src/plan/final-check.ts
function finalCheckStep(context) {
  const { release } = context.desired;
  const services = Object.keys(release.services);
  return step({
    kind: "final-check",
    release: release.id,
    services,
    ...toleranceForRelease(context.desired, services),
    drain: releaseToDrain(context)
  });
}
function releaseToDrain({ desired, previous, traffic }) {
  return desired.edgeFingerprint !== void 0 && traffic !== void 0 && traffic.release === previous?.id ? traffic : void 0;
}

// src/plan/interrupted-deploy.ts
function findInterruptedDeploy(host, mustYield = false) {
  const { traffic, accepted } = host;
  if (traffic === void 0)
    return accepted === void 0 ? void 0 : findInterruptedStop(host, accepted, void 0);
  const { slot, release, splitWith: shared } = traffic;
  if (shared === void 0 && accepted === release) return findInterruptedStop(host, accepted, slot);
  if (host.edge.state !== "running") return void 0;
  if (shared !== void 0 && !mustYield) return resolveSharedTraffic(host, slot, release, shared);
  if (accepted === void 0) return mustYield ? void 0 : findInterruptedStop(host, release, slot);
  const found = releaseOnHost(host, accepted, accepted === release ? slot : void 0);
  const lastGood = { ...found, slot: found.slot ?? otherSlot(slot) };
  const competing = accepted === release && shared !== void 0 ? competingRelease(host, shared, otherSlot(slot)) : competingRelease(host, release, slot);
  return (mustYield || canServe(lastGood.observed)) && lastGood.observed !== void 0 ? {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing,
    sharesTraffic: shared !== void 0
  } : findInterruptedStop(host, release, slot);
}
function resolveSharedTraffic(host, slot, first, second) {
  const [one, two] = [competingRelease(host, first, slot), competingRelease(host, second, otherSlot(slot))];
  const candidates = [
    [one, canServe(one.observed) || lacksOnlyStoppedContainers(one.observed)],
    [two, two.observed !== void 0 && isFullyServing(two.observed)],
    [one, canRestart(one.observed)],
    [two, canRestart(two.observed)],
    [two, isPartlyServing(two.observed)]
  ];
  const lastGood = candidates.find(([, can]) => can)?.[0];
  if (lastGood?.observed === void 0) return void 0;
  return {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing: lastGood === one ? two : one,
    sharesTraffic: true
  };
}
function findInterruptedStop(host, id, slot) {
  const lastGood = releaseOnHost(host, id, slot);
  const { observed } = lastGood;
  if (observed === void 0) return void 0;
  const lacks = observed.restartFailed !== true && observed.containers.some(
    (container) => mayBeStoppedByRun(container) && !serviceIsUp(observed, container.service)
  );
  return lacks || hasUnroutedReplica(host, observed) ? {
    lastGood: { ...lastGood, slot: lastGood.slot ?? "blue", observed },
    competing: void 0,
    sharesTraffic: false
  } : void 0;
}
function hasUnroutedReplica({ edge, routedContainers: asked }, observed) {
  const { record, containers } = observed;
  const routed = new Set(record?.routes.map(({ service }) => service));
  return edge.state === "running" && canReceiveRequests(observed) && containers.some(
    ({ name, service, state, health }) => routed.has(service) && state === "running" && (health === void 0 || health === "healthy") && !asked.has(name)
  );
}
function canReceiveRequests({ record, containers, restartFailed: refused }) {
  const may = ({ state }) => state === "running" || refused !== true;
  return (record?.routes ?? []).every(
    ({ service }) => containers.some((each) => each.service === service && may(each))
  );
}
var competingRelease = (host, id, slot) => ({
  ...releaseOnHost(host, id, slot),
  slot
});
var mayBeStoppedByRun = ({ state, restartPolicyState: restarts }) => restarts !== "not-disabled" && (state === "exited" || state === "created" || state === "dead");
function lacksOnlyStoppedContainers(observed) {
  return canRestart(observed) && observed !== void 0 && requestHandlingServices(observed).filter((name) => !serviceIsUp(observed, name)).every(
    (name) => observed.containers.every(
      (container) => container.service !== name || container.state === "running" || mayBeStoppedByRun(container)
    )
  );
}
var canRestart = (observed) => hasAllContainers(observed) && observed?.restartFailed !== true;
function canServe(observed) {
  return observed !== void 0 && (isFullyServing(observed) || hasAllContainers(observed) && isPartlyServing(observed) || hasRoutedServicesUp(observed) && lacksOnlyStoppedContainers(observed));
}
function hasRoutedServicesUp(observed) {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}
var isPartlyServing = (observed) => observed !== void 0 && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));

// src/plan/planning-context.ts
function createPlanningContext(host, desired, { historySteps, mustYield }) {
  const { id } = desired.release;
  const interrupted = findInterruptedDeploy(host, mustYield);
  const found = mustYield && interrupted === void 0 ? void 0 : host.traffic;
  const live = interrupted?.lastGood ?? (found === host.traffic ? liveRelease(host) : void 0);
  const alreadyLive = live?.id === id;
  const known = host.releases.find((observed) => observed.id === id);
  const taken = alreadyLive ? void 0 : live?.slot;
  const slot = taken === void 0 ? known?.slot ?? live?.slot ?? "blue" : otherSlot(taken);
  const edge = alreadyLive ? void 0 : edgeToRestore(host, live);
  return {
    host: edge === void 0 ? host : { ...host, edge },
    restoreEdgeFor: edge && live?.id,
    historySteps,
    mustYield,
    desired,
    interrupted,
    live,
    previous: alreadyLive ? void 0 : live,
    traffic: interrupted === void 0 ? found && { slot: found.slot, release: found.release } : { slot: interrupted.lastGood.slot, release: interrupted.lastGood.id },
    slot,
    how: hasAllContainers(known) ? "start" : "create",
    protectedServices: new Set(alreadyLive ? protectedServicesOf(known, interrupted !== void 0) : [])
  };
}
function edgeToRestore({ edge, accepted }, live) {
  const fingerprint = live?.observed?.edgeFingerprint;
  return edge.state === "running" && fingerprint !== void 0 && live?.id === accepted && edge.fingerprint !== fingerprint && hasSameLayout(edge.fingerprint, fingerprint) ? { ...edge, fingerprint } : void 0;
}
function protectedServicesOf(live, recovered) {
  return recovered && hasAllContainers(live) ? serviceNamesOf(live) : runningServices(live);
}

// src/plan/reconcile-fleet.ts
var NO_REPAIR = { historySteps: [], mustYield: false };
var withoutRepair = (host) => ({ host, ...NO_REPAIR });
function reconcileFleet(hosts) {
  const reconciledHosts = reconcileHistories(hosts);
  const ends = reconciledHosts.map(
    ({ host }) => (findInterruptedDeploy(host)?.lastGood ?? liveRelease(host))?.id
  );
  if (new Set(ends).size < 2) return reconciledHosts;
  return reconciledHosts.map((reconciled, index) => ({
    ...reconciled,
    mustYield: ends[index] !== reconciled.host.accepted && canYield(reconciled.host)
  }));
}
function canYield(host) {
  const { accepted, traffic, edge } = host;
  return traffic !== void 0 && edge.state === "running" && (accepted === void 0 || canRestartRelease(host, accepted));
}
function canRestartRelease({ releases }, id) {
  const found = releases.find((release) => release.id === id);
  return hasAllContainers(found) && found?.restartFailed !== true;
}
function reconcileHistories(hosts) {
  const partialAcceptances = hosts.flatMap((host) => {
    const last = standingAcceptances(host.history).at(-1);
    if (last === void 0) return [];
    const behind2 = hosts.filter(
      (other) => other !== host && hasMissedAcceptance(other, last, timesAccepted(host, last.release))
    );
    return behind2.length === 0 ? [] : [{ last, behind: behind2 }];
  });
  const [partial] = partialAcceptances;
  if (partial === void 0 || partialAcceptances.some(({ last }) => last.release !== partial.last.release))
    return hosts.map(withoutRepair);
  const behind = new Set(partialAcceptances.flatMap((each) => each.behind));
  if ([...behind].every((host) => isReadyToAccept(host, partial.last.release)))
    return hosts.map((host) => behind.has(host) ? acceptLate(host, partial.last) : withoutRepair(host));
  return hosts.map(
    (host) => host.accepted === partial.last.release ? revertAcceptance(host, partial.last.release) : withoutRepair(host)
  );
}
function hasMissedAcceptance(host, { release, fleet }, times) {
  return fleet?.includes(host.host) === true && host.accepted !== release && timesAccepted(host, release) < times && host.releases.some(({ id }) => id === release);
}
function timesAccepted({ history }, id) {
  const ids = standingAcceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}
function isReadyToAccept({ traffic, releases }, id) {
  const found = releases.find((release) => release.id === id);
  if (found === void 0) return false;
  const hasWaysIn = found.record === void 0 || found.record.routes.length > 0;
  return hasWaysIn ? traffic?.release === id && traffic.splitWith === void 0 : isFullyUp(found);
}
function acceptLate(host, { release, command = "deploy" }) {
  const accept = step({
    kind: "accept-release",
    release,
    previous: host.accepted,
    command
  });
  return {
    host: { ...host, accepted: release },
    historySteps: withReason("it had proven itself on all hosts", "accept-release", [accept]),
    mustYield: false
  };
}
function revertAcceptance(host, release) {
  const accepted = standingAcceptances(host.history);
  const before = accepted.findLastIndex((entry) => entry.release !== release);
  const former = accepted[before]?.release;
  if (former !== void 0 && !canRestartRelease(host, former)) return withoutRepair(host);
  const back = step({ kind: "record-rollback", release, previous: former });
  return {
    host: { ...host, accepted: former },
    historySteps: withReason(
      "not every host has accepted it",
      "record-rollback",
      accepted.slice(before + 1).map(() => back)
    ),
    mustYield: false
  };
}

// src/plan/prune-failed.ts
var KEPT_FAILED_RELEASES = 1;
function pruneFailedReleases(context) {
  const toPrune = failedReleases(context).slice(0, -KEPT_FAILED_RELEASES);
  return toPrune.length === 0 ? [] : [step({ kind: "prune-releases", releases: toPrune })];
}
function failedReleases({ host, desired, live, interrupted }) {
  const needed = /* @__PURE__ */ new Set([
    ...standingAcceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.splitWith, live?.id, interrupted?.competing?.id],
    desired.release.id,
    // Its record alone knows how an accessory was made that is there.
    ...host.releases.filter(({ record }) => definesAccessory(record?.definitions, host.accessories)).map(({ id }) => id)
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}
function definesAccessory(definitions = {}, accessories) {
  return accessories.some(
    ({ service, definitionFingerprint: definition }) => definition !== void 0 && definitions[service] === definition
  );
}

// src/plan/recover.ts
function recoverSteps(context) {
  const { historySteps, mustYield } = context;
  return [
    ...historySteps,
    ...mustYield ? yieldToAccepted(context) : repair(context),
    ...pruneFailedReleases(context)
  ];
}
function repair(context) {
  const { interrupted } = context;
  if (interrupted === void 0) return stopStrayReleases(context, context.desired.release.id);
  const { lastGood, competing } = interrupted;
  return competing === void 0 ? [
    ...stopStrayReleases(context, void 0),
    ...restartStopped(context, lastGood),
    ...restartWorkers(context, lastGood)
  ] : [
    ...returnTraffic(context, interrupted, competing),
    ...stopStrayReleases(context, context.desired.release.id),
    ...restartWorkers(context, lastGood)
  ];
}
function yieldToAccepted({ host, interrupted, traffic }) {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const stops = withReason(
    "not every host serves it",
    "stop-services",
    others.map((release) => stopStep(release.id, serviceNamesOf(release)))
  );
  if (interrupted === void 0) return [...removeFromTraffic(host), ...stops];
  const { lastGood } = interrupted;
  const workers = servicesInRole(lastGood.observed.record, "worker");
  return [
    ...stops,
    ...restartSteps(lastGood, servicesDown(lastGood)),
    ...traffic === void 0 ? [] : [step({ kind: "switch-traffic", ...traffic })],
    ...restartSteps(
      lastGood,
      workers.filter((name) => !serviceIsUp(lastGood.observed, name))
    )
  ];
}
function removeFromTraffic({ traffic, releases }) {
  if (traffic === void 0) return [];
  const { slot, release, splitWith: shared } = traffic;
  const slots = shared === void 0 ? [slot] : [otherSlot(slot), slot];
  const record = releases.find(({ id }) => id === release)?.record;
  const open2 = record !== void 0 && hasDomains(record);
  return [
    ...open2 ? [step({ kind: "route-domains", release: void 0 })] : [],
    ...slots.map((each) => step({ kind: "clear-slot", slot: each })),
    step({ kind: "drain-traffic", release, slot })
  ];
}
function stopStrayReleases({ host, live }, spared) {
  return host.releases.filter((release) => release.id !== live?.id && release.id !== spared && mayRun(release)).map((stray) => stopStep(stray.id, serviceNamesOf(stray)));
}
function restartStopped({ host, desired, traffic }, lastGood) {
  const down = servicesDown(lastGood);
  if (isRecreatedByPlan(desired.release.id, lastGood) || down.length === 0 && !hasUnroutedReplica(host, lastGood.observed))
    return [];
  const asked = host.edge.state === "running" && traffic !== void 0 && canReceiveRequests(lastGood.observed);
  return [
    ...restartSteps(lastGood, down),
    ...asked ? [step({ kind: "switch-traffic", release: lastGood.id, slot: lastGood.slot })] : []
  ];
}
function returnTraffic({ desired }, { lastGood, sharesTraffic: shared }, competing) {
  const { id, slot, observed } = lastGood;
  const down = servicesDown(lastGood);
  const exclusive = servicesInRole(competing.observed?.record, "exclusive");
  const handedOver = servicesInRole(observed.record, "exclusive").some((name) => down.includes(name));
  const stopFirst = shared && !isFullyServing(observed) && mustStopBeforeStart(observed);
  return [
    ...handedOver && exclusive.length > 0 ? [stopStep(competing.id, exclusive)] : [],
    // What must not be more than so many at a time is stopped before the rest is started.
    ...stopFirst ? [
      step({
        kind: "balance-replicas",
        release: id,
        slot,
        removedReplicas: {},
        share: 0,
        newRelease: void 0
      }),
      drainStep(competing),
      stopStep(competing.id, serviceNamesOf(competing.observed))
    ] : [],
    ...restartSteps(lastGood, down),
    step({ kind: "switch-traffic", release: id, slot }),
    ...stopFirst ? [] : [drainStep(competing)],
    ...competing.id === desired.release.id && !stopFirst ? stopLateServices(competing) : []
  ];
}
function servicesDown({ observed }) {
  const names = /* @__PURE__ */ new Set([
    ...requestHandlingServices(observed),
    ...servicesInRole(observed.record, "exclusive")
  ]);
  return [...names].filter((name) => !serviceIsUp(observed, name));
}
function restartSteps(lastGood, down) {
  const { id: release, slot, observed } = lastGood;
  if (observed.restartFailed) return [];
  const services = down.filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: "start-services", release, slot, services, how: "start" }),
    step({ kind: "check-health", release, services, ...toleranceForRecovery(lastGood, services) })
  ];
}
function stopLateServices({ id, observed }) {
  const late = servicesInRole(observed?.record, "exclusive", "worker").filter(
    (name) => observed?.containers.some((container) => container.service === name && container.state !== "exited")
  );
  return late.length === 0 ? [] : [stopStep(id, late)];
}
function restartWorkers({ desired }, lastGood) {
  const down = servicesInRole(lastGood.observed.record, "worker").filter(
    (name) => !serviceIsUp(lastGood.observed, name)
  );
  return isRecreatedByPlan(desired.release.id, lastGood) ? [] : restartSteps(lastGood, down);
}
var isRecreatedByPlan = (desired, { id, observed }) => id === desired && !hasAllContainers(observed);
var drainStep = ({ id, slot }) => step({ kind: "drain-traffic", release: id, slot });
var stopStep = (release, services) => step({ kind: "stop-services", release, services, evidence: false });
function mustStopBeforeStart(observed) {
  const stopsFirst = Object.values(observed.record?.services ?? {}).some(
    ({ role, update }) => role !== "worker" && role !== "exclusive" && update?.order === "stop-first"
  );
  return stopsFirst && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
}
function toleranceForRecovery({ observed }, services) {
  const lenient = services.flatMap((name) => {
    const replicas = observed.record?.services[name]?.replicas ?? 1;
    const up = observed.containers.filter((each) => each.service === name && each.state === "running").length;
    const most = Math.min(replicas - up, replicas - 1);
    return most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

// src/plan/retire.ts
function retireSteps(context) {
  const { host, desired, previous, traffic } = context;
  const steps = [];
  const removesEdge = desired.edgeFingerprint === void 0 && host.edge.state !== "absent";
  if (removesEdge && traffic !== void 0) steps.push(step({ kind: "clear-slot", slot: traffic.slot }));
  if (previous !== void 0 && previous.id === traffic?.release) {
    steps.push(step({ kind: "drain-traffic", release: previous.id, slot: traffic.slot }));
  }
  const services = serviceNamesOf(previous?.observed);
  if (previous !== void 0 && services.length > 0) {
    steps.push(step({ kind: "stop-services", release: previous.id, services, evidence: false }));
  }
  if (removesEdge) steps.push(step({ kind: "remove-edge" }));
  const record = previous?.observed?.record;
  if (record !== void 0 && hasDomains(record) && !hasDomains(desired.release)) {
    steps.push(step({ kind: "remove-unused-front" }));
  }
  const toPrune = releasesToPrune(host, desired.release.id, previous?.id, desired.keep);
  if (toPrune.length > 0) steps.push(step({ kind: "prune-releases", releases: toPrune }));
  return steps;
}

// src/plan/routing.ts
function restoreRouting(from, to) {
  const still = releasesReceivingTraffic(to);
  return [
    to,
    ...releasesReceivingTraffic(from).flatMap((each) => {
      const rest = still.find(({ release }) => release === each.release);
      if (rest === void 0) return [{ kind: "drain-traffic", ...each }];
      return rest.only === void 0 ? [] : [{ kind: "drain-traffic", ...each, after: rest.only }];
    })
  ];
}
function releasesReceivingTraffic(routing) {
  switch (routing.kind) {
    case "switch-traffic":
      return [releaseInSlotOf(routing)];
    case "split-traffic":
      return [releaseInSlotOf(routing), routing.baseline];
    case "balance-replicas":
      return [releaseInSlotOf(routing), ...routing.newRelease === void 0 ? [] : [routing.newRelease]];
    case "clear-slot":
      return [];
  }
}
var releaseInSlotOf = ({ release, slot }) => ({ release, slot });

// src/plan/strategies/common.ts
function startNew(context, ...roles) {
  const { desired, slot, how, protectedServices } = context;
  const release = desired.release.id;
  const services = servicesInRole(desired.release, ...roles);
  if (services.length === 0) return [];
  const fresh = services.filter((service) => !protectedServices.has(service));
  const undo = fresh.length === 0 ? [] : [{ kind: "stop-services", release, services: fresh, evidence: true }];
  return [step({ kind: "start-services", release, slot, services, how }, ...undo)];
}
function checkNew({ desired }, ...roles) {
  const services = servicesInRole(desired.release, ...roles);
  return services.length === 0 ? [] : [step({ kind: "check-health", release: desired.release.id, services })];
}
function stopOldServices({ previous }, services, afterwards = []) {
  if (previous === void 0 || services.length === 0) return [];
  const { id: release, slot = "blue", observed } = previous;
  const existing = services.filter((name) => hasContainer(observed, name));
  const undo = existing.length === 0 ? [] : [
    { kind: "start-services", release, slot, services: existing, how: "start" },
    { kind: "check-health", release, services: existing, ...existingReplicaRange(observed, existing) }
  ];
  return [step({ kind: "stop-services", release, services, evidence: false }, ...undo, ...afterwards)];
}
function replaceExclusiveAndSwitch(context, back) {
  const oldExclusive = servicesInRole(context.previous?.observed?.record, "exclusive");
  return [
    ...stopOldServices(context, oldExclusive, back),
    ...startNew(context, "exclusive"),
    ...checkNew(context, "exclusive"),
    ...openRoutesAndSwitch(context, oldExclusive.length === 0 ? back : [])
  ];
}
function openRoutesAndSwitch(context, undo) {
  const { desired, slot } = context;
  const open2 = openRoutesSteps(context);
  return desired.edgeFingerprint === void 0 ? open2 : [...open2, step({ kind: "switch-traffic", release: desired.release.id, slot }, ...undo)];
}
function switchTrafficBack({ desired, traffic, slot }) {
  if (desired.edgeFingerprint === void 0 || traffic?.release === desired.release.id) return [];
  const before = traffic === void 0 ? { kind: "clear-slot", slot } : { kind: "switch-traffic", ...traffic };
  return restoreRouting({ kind: "switch-traffic", release: desired.release.id, slot }, before);
}
function isPreviousFullyRunning({ previous, interrupted }) {
  const observed = previous?.observed;
  if (observed === void 0) return false;
  const startedFirst = interrupted !== void 0 && hasAllContainers(observed) && observed.restartFailed !== true;
  return startedFirst || isFullyRunning(observed);
}

// src/plan/strategies/blue-green.ts
var blueGreen = (context) => ({
  start: startNew(context, "served", "internal"),
  check: checkNew(context, "served", "internal"),
  switch: replaceExclusiveAndSwitch(context, switchTrafficBack(context))
});

// src/plan/strategies/canary.ts
var canary = (context) => {
  const stages = blueGreen(context);
  const { strategy } = context.desired;
  if (strategy.name !== "canary") return stages;
  const baseline = canaryBaseline(context);
  if (typeof baseline === "string")
    return { ...stages, switch: withReason(baseline, "switch-traffic", stages.switch) };
  return {
    ...stages,
    switch: [
      ...strategy.steps.slice(0, -1).flatMap((each, index) => splitAndWatch(context, each, baseline, index === 0)),
      ...replaceExclusiveAndSwitch(context, switchTrafficBack(context))
    ]
  };
};
function canaryBaseline(context) {
  const { previous, traffic } = context;
  if (previous === void 0 || traffic?.release !== previous.id) {
    return "all visitors at once: there is no old release that the new one could be judged against";
  }
  if (!isPreviousFullyRunning(context)) return "all visitors at once: the old release is not whole";
  const why = whyTrafficCannotBeSplit(context);
  return why === void 0 ? traffic : `all visitors at once: ${why}`;
}
function splitAndWatch(context, { share, duration: time }, baseline, first) {
  const { desired, slot } = context;
  const release = desired.release.id;
  const services = servicesInRole(desired.release, "served", "internal");
  return [
    step(
      { kind: "split-traffic", release, slot, share, baseline },
      ...first ? switchTrafficBack(context) : []
    ),
    ...time > 0 ? [
      step({
        kind: "watch-release",
        purpose: "canary",
        release,
        slot,
        services,
        duration: time,
        baseline,
        limits: desired.limits
      })
    ] : []
  ];
}

// src/plan/strategies/recreate.ts
var recreate = (context) => {
  const workers = servicesInRole(context.previous?.observed?.record, "worker");
  const old = serviceNamesOf(context.previous?.observed).filter((service) => !workers.includes(service));
  const back = switchTrafficBack(context);
  return {
    start: [...stopOldServices(context, old, back), ...startNew(context, "served", "internal", "exclusive")],
    check: checkNew(context, "served", "internal", "exclusive"),
    switch: openRoutesAndSwitch(context, old.length === 0 ? back : [])
  };
};

// src/plan/strategies/rolling-batches.ts
import { isDeepStrictEqual } from "node:util";

// src/plan/strategies/rolling-schedule.ts
function rollingSchedule(services) {
  const none = countReplicas(services, () => 0);
  const all = [{ up: none, stopped: none, share: 0 }];
  for (let last = all[0]; last !== void 0 && last.share < 1; last = all.at(-1))
    all.push(...nextStates(services, last));
  return all;
}
var countReplicas = (services, count) => Object.fromEntries(services.map((service) => [service.name, count(service)]));
var roundUp = (value) => Math.max(0, Math.ceil(value - 1e-9));
function nextStates(services, last) {
  const share = Math.min(1, ...services.map((service) => reachableShare(service, last)));
  const up = countReplicas(services, (service) => newReplicasAt(service, share));
  const stopped = countReplicas(services, (service) => stoppedReplicasAt(service, share, last));
  const end = { up, stopped, share };
  const leaves = ({ name, oldReplicas: old }) => old > 0 && stopped[name] === old;
  const early = (service) => isStopFirst(service) && !leaves(service);
  const room = countReplicas(
    services,
    (service) => (early(service) ? stopped : last.stopped)[service.name] ?? 0
  );
  const before = increases(last.stopped, room) ? [{ ...last, stopped: room }] : [];
  if (!services.some(leaves)) return [...before, end];
  const others = countReplicas(services, (service) => (leaves(service) ? last.up : up)[service.name] ?? 0);
  return [...before, { up: others, stopped: room, share }, { up: others, stopped, share }, end];
}
var increases = (from, to) => Object.keys(to).some((name) => (to[name] ?? 0) > (from[name] ?? 0));
var isStopFirst = ({ update }) => update.order === "stop-first";
var batchSize = ({ update: { parallelism } }) => parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;
var maxReplicas = ({ oldReplicas: old, newReplicas: replicas, update }) => Math.max(old, replicas, update.order === "stop-first" ? 2 : 0);
function reachableShare(service, { up, stopped }) {
  const { name, oldReplicas: old, newReplicas: replicas } = service;
  if (replicas === 0) return 1;
  const [had, most] = [up[name] ?? 0, maxReplicas(service)];
  const batch = had + batchSize(service);
  const room = isStopFirst(service) ? replicas - (had === 0 && old > 0 && most === replicas ? 1 : 0) : most + batchSize(service) - (old - (stopped[name] ?? 0));
  return Math.min(batch, room) / replicas;
}
function newReplicasAt(service, share) {
  const needed = roundUp(share * service.newReplicas);
  return isStopFirst(service) && service.oldReplicas > 0 && share < 1 ? Math.min(needed, maxReplicas(service) - 1) : needed;
}
function stoppedReplicasAt(service, share, { stopped }) {
  const { name, oldReplicas: old } = service;
  const before = stopped[name] ?? 0;
  if (share === 1 && !isStopFirst(service)) return before;
  const needed = isStopFirst(service) ? share < 1 ? 1 : 0 : roundUp((1 - share) * old);
  const stay = Math.max(needed, maxReplicas(service) - newReplicasAt(service, share));
  return Math.max(before, old - stay);
}

// src/plan/strategies/rolling-batches.ts
function batchesOf(rollingUpdate) {
  const all = fullSchedule(rollingUpdate);
  return all.slice(1).map((after, index) => {
    const before = all[index] ?? after;
    const [from, to] = [routingAt(rollingUpdate, before), routingAt(rollingUpdate, after)];
    const restoreTraffic = restoreRouting(
      to,
      lacksOldReplicas(rollingUpdate, before) ? from : { kind: "switch-traffic", ...rollingUpdate.oldRelease }
    );
    const moves = rollingUpdate.routed.length > 0 && !isDeepStrictEqual(from, to);
    return {
      ...startAndCheckBatch(rollingUpdate, before, after),
      monitor: watchBatch(rollingUpdate, before, after, "monitor"),
      moveTraffic: moves ? [step(to, ...restoreTraffic)] : [],
      restoreTraffic,
      stop: stopOldReplicas(rollingUpdate, before.stopped, after.stopped),
      delay: watchBatch(rollingUpdate, before, after, "delay")
    };
  });
}
function fullSchedule({ context, services, startedInFull: whole }) {
  const all = Object.fromEntries(
    whole.map((name) => [name, context.desired.release.services[name]?.replicas ?? 1])
  );
  return rollingSchedule(services).map(
    (each) => each.share > 0 ? { ...each, up: { ...each.up, ...all } } : each
  );
}
var increasedServices = (from, to) => Object.keys(to).filter((name) => (to[name] ?? 0) > (from[name] ?? 0));
var pickServices = (part, names) => Object.fromEntries(Object.entries(part).filter(([name]) => names.includes(name)));
function replicaRangeBetween(from, to, names) {
  const after = Object.entries(pickServices(from, names)).filter(([, count]) => count > 0);
  return { only: pickServices(to, names), ...after.length > 0 ? { after: Object.fromEntries(after) } : {} };
}
function routingAt({ context, oldRelease: old, services, routed }, { up, stopped, share }) {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: "switch-traffic", ...old };
  const all = Object.fromEntries(services.map((service) => [service.name, service.oldReplicas]));
  return {
    kind: "balance-replicas",
    ...old,
    removedReplicas: pickServices(share === 1 ? all : stopped, routed),
    share,
    newRelease: share === 0 ? void 0 : { release: context.desired.release.id, slot: context.slot, only: pickServices(up, routed) }
  };
}
var lacksOldReplicas = ({ services, routed }, { stopped }) => services.some(({ name, oldReplicas: old }) => routed.includes(name) && stopped[name] === old);
function startAndCheckBatch({ context, services }, { up: had }, { up }) {
  const { desired, slot, how } = context;
  const release = desired.release.id;
  const fresh = increasedServices(had, up);
  const names = Object.keys(desired.release.services).filter((name) => fresh.includes(name));
  if (names.length === 0) return { start: [], check: [] };
  const all = names.every((name) => up[name] === desired.release.services[name]?.replicas);
  const only = all ? {} : { only: pickServices(up, names) };
  const undo = {
    kind: "stop-services",
    release,
    services: names,
    ...all && names.every((name) => !had[name]) ? {} : replicaRangeBetween(had, up, names),
    evidence: true
  };
  return {
    start: [step({ kind: "start-services", release, slot, services: names, how, ...only }, undo)],
    check: [
      step({
        kind: "check-health",
        release,
        services: names,
        ...only,
        ...toleranceForBatch(services, up, names)
      })
    ]
  };
}
function toleranceForBatch(services, up, names) {
  const lenient = services.flatMap((service) => {
    const { name } = service;
    const most = allowedFailures({ replicas: service.newReplicas, update: service.update }, up[name] ?? 0);
    return names.includes(name) && most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}
function watchBatch({ context, services }, { up: had }, { up }, why) {
  const increased = services.filter(({ name }) => increasedServices(had, up).includes(name));
  const time = Math.max(0, ...increased.map(({ update }) => update[why]));
  if (time === 0) return [];
  const { desired, slot } = context;
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return [
    step({
      kind: "watch-release",
      purpose: why,
      release: desired.release.id,
      slot,
      services: names,
      only: pickServices(up, names),
      ...toleranceForBatch(services, up, names),
      duration: time,
      baseline: void 0,
      limits: void 0
    })
  ];
}
function stopOldReplicas({ oldRelease: old, routed }, from, to) {
  const services = increasedServices(from, to);
  if (services.length === 0) return [];
  const asked = services.filter((name) => routed.includes(name));
  const drains = asked.length > 0 ? [step({ kind: "drain-traffic", ...old, ...replicaRangeBetween(from, to, asked) })] : [];
  return [...drains, stopReplicas(old, services, replicaRangeBetween(from, to, services))];
}
function stopRemaining({ oldRelease: old, services, context }, names) {
  const stopped = rollingSchedule(services).at(-1)?.stopped ?? {};
  const through = services.filter((service) => stopped[service.name] === service.oldReplicas).map(({ name }) => name);
  const left = names.filter(
    (name) => !through.includes(name) && hasContainer(context.previous?.observed, name)
  );
  const after = Object.entries(pickServices(stopped, left)).filter(([, count]) => count > 0);
  const which2 = after.length > 0 ? { after: Object.fromEntries(after) } : {};
  return left.length === 0 ? [] : [
    stopReplicas(old, left, which2, {
      ...existingReplicaRange(context.previous?.observed, left),
      ...which2
    })
  ];
}
function stopReplicas({ release, slot }, services, which2, existing = which2) {
  return step(
    { kind: "stop-services", release, services, ...which2, evidence: false },
    { kind: "start-services", release, slot, services, how: "start", ...which2 },
    { kind: "check-health", release, services, ...existing }
  );
}

// src/plan/strategies/rolling.ts
var rolling = (context) => {
  const rollingUpdate = rollingUpdateOf(context, "served", "internal");
  if (rollingUpdate === void 0 || rollingUpdate.services.length === 0) return blueGreen(context);
  if (!isPreviousFullyRunning(context)) {
    const stages = blueGreen(context);
    return {
      ...stages,
      start: withReason("all replicas at once: the old release is not whole", "start-services", stages.start)
    };
  }
  const batches = batchesOf(rollingUpdate);
  const [first] = batches;
  const early = first !== void 0 && first.start.length > 0;
  const back = rollingUpdate.routed.length === 0 ? switchTrafficBack(context) : batches.at(-1)?.restoreTraffic ?? [];
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: batches.flatMap((batch, index) => [
      ...early && index === 0 ? [] : [...batch.start, ...batch.check],
      ...batch.monitor,
      ...index === batches.length - 1 ? replaceExclusiveAndSwitch(context, back) : [...batch.moveTraffic, ...batch.stop, ...batch.delay]
    ])
  };
};
function rollingUpdateOf(context, ...roles) {
  const { desired, previous } = context;
  const record = previous?.observed?.record;
  const slot = previous?.slot;
  if (previous === void 0 || record === void 0 || slot === void 0) return void 0;
  const canBalance = edgeKeepsRouting(context) && context.traffic?.release === previous.id;
  const candidates = servicesInRole(desired.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], desired.release.services[name]];
    const asked = serviceHasRoutes(desired.release, name);
    const oldReplicas = existingReplicas(previous.observed, name);
    const rolls = before !== void 0 && after !== void 0 && roles.includes(before.role) && oldReplicas > 0 && !before.oneShot && !after.oneShot && routesMatchForService(record, desired.release, name) && (canBalance || !asked);
    return rolls ? [{ name, oldReplicas, newReplicas: after.replicas, update: after.update ?? DEFAULT_UPDATE_CONFIG }] : [];
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
  const rollingUpdate = context.desired.strategy.name === "rolling" ? rollingUpdateOf(context, "worker") : void 0;
  const old = servicesInRole(context.previous?.observed?.record, "worker");
  if (rollingUpdate === void 0 || rollingUpdate.services.length === 0) {
    return [...startNew(context, "worker"), ...checkNew(context, "worker"), ...stopOldServices(context, old)];
  }
  const batches = batchesOf(rollingUpdate);
  return [
    ...batches.flatMap((batch, index) => [
      ...batch.start,
      ...batch.check,
      ...batch.monitor,
      ...batch.stop,
      ...index === batches.length - 1 ? [] : batch.delay
    ]),
    ...stopRemaining(rollingUpdate, old)
  ];
}

// src/plan/host.ts
var STRATEGIES = {
  "blue-green": blueGreen,
  rolling,
  canary,
  recreate
};
function planHost(host, desired, historySteps = NO_REPAIR) {
  const context = createPlanningContext(host, desired, historySteps);
  if (isHostUpToDate(context)) return {};
  return withoutEmptyStages({
    recover: recoverSteps(context),
    pull: pullSteps(context),
    prepare: [...edgeSteps(context), ...accessorySteps(context, "early"), recordStep(context)],
    "before-release": hookSteps(context, "before"),
    ...STRATEGIES[desired.strategy.name](context),
    bake: bakeSteps(context),
    complete: [...accessorySteps(context, "late"), ...workerSteps(context)],
    "final-check": [finalCheckStep(context)],
    accept: [acceptStep(context)],
    retire: retireSteps(context),
    "after-release": hookSteps(context, "after")
  });
}
function isHostUpToDate(context) {
  const { host, live, interrupted, historySteps, mustYield } = context;
  const { release, edgeFingerprint: edge } = context.desired;
  const edgeIsRight = edge === void 0 ? host.edge.state === "absent" : host.edge.state === "running" && host.edge.fingerprint === edge;
  return interrupted === void 0 && historySteps.length === 0 && !mustYield && host.traffic?.splitWith === void 0 && live?.id === release.id && host.accepted === release.id && live.observed !== void 0 && isFullyUp(live.observed) && !lacksRestartPolicy(live.observed) && edgeIsRight && (host.frontRunning || !hasDomains(release)) && !host.releases.some((other) => other.id !== release.id && mayRun(other)) && missingAccessories(host, release).length === 0 && outdatedAccessories(context).length === 0;
}
function pullSteps(context) {
  const { host, desired, how, restoreEdgeFor } = context;
  const edgeStays = desired.edgeFingerprint === void 0 || host.edge.state === "running" && host.edge.fingerprint === desired.edgeFingerprint;
  const frontStays = host.frontRunning || !hasDomains(desired.release);
  const accessoriesStay = missingAccessories(host, desired.release).length === 0 && outdatedAccessories(context).length === 0;
  const needless = how === "start" && edgeStays && restoreEdgeFor === void 0 && frontStays && accessoriesStay;
  return needless ? [] : [step({ kind: "pull-images", release: desired.release.id })];
}
function recordStep({ host, desired }) {
  const release = desired.release.id;
  return step(
    { kind: "record-release", release },
    { kind: "record-rollback", release, previous: host.accepted }
  );
}
function hookSteps({ desired, slot }, when) {
  return desired.hooks[when].map(
    (hook) => step({ kind: "run-hook", when, release: desired.release.id, slot, ...hook })
  );
}
function acceptStep({ host, desired, previous }) {
  const release = desired.release.id;
  const before = previous?.id ?? lastAcceptanceOf(host.history, release)?.previous;
  return step(
    { kind: "accept-release", release, previous: before, command: desired.command },
    { kind: "record-rollback", release, previous: host.accepted }
  );
}
function withoutEmptyStages(plan) {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}

// src/plan/waves.ts
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

// src/plan/fleet.ts
function planFleet(hosts, desired, waves = { kind: "all" }) {
  return {
    waves: wavesOf(
      hosts.map(({ host }) => host),
      waves
    ),
    release: desired.release.id,
    hosts: planHosts(hosts, desired)
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
function isEmptyPlan(plan) {
  return [...plan.hosts.values()].every((host) => Object.keys(host).length === 0);
}
function stagesOf(plan) {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}

// src/plan/outcome.ts
function joinOutcomes(first, second) {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    steps: [...first.steps, ...second.steps.map((step2) => ({ ...step2, at: step2.at + began }))]
  };
}

// src/plan/proxy-overlap.ts
var MIN_PROXY_OVERLAP = 5e3;
function proxyOverlap(release, hosts, bake) {
  const replaces = hosts.map(liveRelease).some((live) => live !== void 0 && live.id !== release.id);
  const found = release.routes.length === 0 && servicesInRole(release, "internal").length > 0;
  return replaces && found ? Math.max(bake, MIN_PROXY_OVERLAP) : bake;
}

// src/model/duration.ts
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
  return parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`).join("");
}

// src/model/percent.ts
function formatPercent(share) {
  return `${Number((share * 100).toFixed(2))}%`;
}

// src/report/action-text.ts
var NOT_BUILT_TEXT = "not built yet";
function actionText(action) {
  switch (action.kind) {
    case "pull-images":
      return `pull the images of ${action.release}`;
    case "ensure-edge":
      return { create: "make the edge", start: "start the edge", replace: "replace the edge" }[action.change] + ` (${action.reason})`;
    case "remove-edge":
      return "remove the edge";
    case "ensure-front":
      return "make the front for domains";
    case "remove-unused-front":
      return "remove the front if no domain needs it";
    case "route-domains":
      return action.release === void 0 ? "close the domains" : `open the domains of ${action.release}`;
    case "ensure-accessories":
      return action.services.length === 0 ? "make networks and volumes" : `bring up ${joinWithAnd(action.services)} (accessories)`;
    case "record-release":
      return `record ${action.release}`;
    case "start-services":
      return `start ${replicasText(action)} of ${action.release} in ${action.slot}${action.how === "start" ? " (still there)" : ""}`;
    case "check-health":
      return `check ${replicasText(action)} of ${action.release}`;
    case "switch-traffic":
      return `switch traffic to ${action.release}`;
    case "split-traffic":
      return `send ${formatPercent(action.share)} of the visitors to ${action.release}`;
    case "balance-replicas":
      return action.newRelease === void 0 ? `send traffic to what is left of ${action.release}` : `send ${formatPercent(action.share)} of the traffic to ${replicaRangesText(action.newRelease.only)} of ${action.newRelease.release}`;
    case "watch-release":
      return `${WATCH_VERBS[action.purpose]} ${action.release} for ${formatDuration(action.duration)}`;
    case "final-check":
      return `take a last look at ${action.release}${action.drain === void 0 ? "" : `, while ${action.drain.release} drains`}`;
    case "run-hook":
      return `run ${formatCommand(action.argv)} in ${action.service} of ${action.release}`;
    case "clear-slot":
      return `clear the ${action.slot} slot`;
    case "drain-traffic":
      return `drain ${replicasPrefix(action)}${action.release}`;
    case "stop-services":
      return `stop ${replicasText(action)} of ${action.release}`;
    case "accept-release":
      return `accept ${action.release}`;
    case "record-rollback":
      return `note that ${action.release} was rolled back`;
    case "prune-releases":
      return `prune ${joinWithAnd(action.releases)}`;
  }
}
var WATCH_VERBS = { delay: "wait with", monitor: "watch", canary: "judge", bake: "watch" };
function replicasText({
  services,
  only,
  after
}) {
  if (only !== void 0) return replicaRangesText(only, after);
  return joinWithAnd(services.map((name) => after?.[name] ? `${name} from ${after[name] + 1}` : name));
}
var replicasPrefix = ({ only, after }) => only === void 0 ? "" : `${replicaRangesText(only, after)} of `;
function replicaRangesText(only, after = {}) {
  return joinWithAnd(
    Object.entries(only).flatMap(([service, count]) => {
      const first = (after[service] ?? 0) + 1;
      if (count < first) return [];
      return [count === first ? `${service} ${count}` : `${service} ${first}–${count}`];
    })
  );
}
var STAGE_TITLES = {
  pull: "Pull",
  recover: "Recover",
  prepare: "Prepare",
  "before-release": "Before",
  start: "Start",
  check: "Check",
  switch: "Switch",
  verify: "Verify",
  bake: "Bake",
  complete: "Complete",
  "final-check": "Look",
  accept: "Accept",
  retire: "Retire",
  "after-release": "After"
};
var ROLL_BACK_TITLE = "Take back";
function joinWithAnd(names) {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
function removedHostsText(hosts) {
  const one = hosts.length === 1;
  return `${joinWithAnd(hosts)} ${one ? "was" : "were"} in "hosts" at the last deploy and ${one ? "is" : "are"} not any more: ${one ? "it was" : "they were"} not touched and ${one ? "serves" : "serve"} what ${one ? "it" : "they"} served.`;
}
var sentence = (text) => /[.!?…]$/.test(text) ? text : `${text}.`;
function formatMinute(at) {
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, "$1 $2");
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
    (of) => of?.routes.map(({ service }) => service) ?? []
  );
  const isRouted = services.some((service) => routed.includes(service));
  const affects = (of) => of.some((service) => services.includes(service));
  let serving = live.id;
  let since;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stopsAllReplicas(action, serving) && affects(action.services)) since ??= at;
    const arrival = ok ? newlyServing(action, isRouted, services) : void 0;
    if (arrival === void 0) continue;
    serving = arrival;
    if (since !== void 0) total += at + took - since;
    since = void 0;
  }
  const whole = isRouted && routed.every((service) => services.includes(service));
  return total === 0 ? void 0 : { services, whole, for: Math.round(total) };
}
function downtimeText({ services, whole, for: time }) {
  const who = whole ? "nothing answered" : `${joinWithAnd(services)} did not answer`;
  return `${who} for ${formatDuration(time)}`;
}
var DOWNTIME_STAGES = /* @__PURE__ */ new Set(["start", "check", "switch"]);
function newlyServing(action, isRouted, services) {
  if (isRouted) return action.kind === "switch-traffic" ? action.release : void 0;
  const affects = action.kind === "check-health" && action.services.some((service) => services.includes(service));
  return affects ? action.release : void 0;
}
var stopsAllReplicas = (action, release) => action.kind === "stop-services" && action.only === void 0 && action.release === release;

// src/report/markdown.ts
function markdownText(value) {
  return oneLine(value).replace(/[&<>|]/g, htmlEntity).replace(/[\\`*_~[\]$]/g, "\\$&").replace(/^[#+=-]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
}
function htmlText(value) {
  return oneLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, htmlEntity);
}
var NAMED_ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
var htmlEntity = (character) => NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`;
function codeSpan(value) {
  const content = oneLine(value);
  if (content === "") return "–";
  return /[`|\\]/.test(content) ? `<code>${htmlText(content)}</code>` : `\`${content}\``;
}
function codeBlock(lines, language = "text") {
  const content = plainText(lines.join("\n"));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
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
  const line = (cells2) => `| ${cells2.join(" | ")} |`;
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
  const others = sorted.filter((each) => !shown.includes(each));
  const of = shown.length > 0 ? "the other containers" : "the containers";
  return { shown, others, title: `Logs of ${of} that were stopped (${others.length})` };
}
function evidenceMarkdown(evidence) {
  const { shown, others, title } = splitEvidence(evidence);
  const parts = shown.map(evidenceBlock);
  if (others.length > 0) parts.push(detailsBlock(title, others.map(evidenceBlock).join("\n\n")));
  return parts.join("\n\n");
}
function isFailing({ state, exitCode, oomKilled, health }) {
  return oomKilled || health === "unhealthy" || exitCode !== void 0 && exitCode !== 0 || state === "restarting" || state === "dead";
}
function evidenceStateText(evidence) {
  return [
    evidence.state,
    ...evidence.exitCode === void 0 ? [] : [`exit code ${evidence.exitCode}`],
    ...evidence.oomKilled ? ["killed for memory"] : [],
    ...evidence.health === void 0 ? [] : [`HEALTHCHECK ${evidence.health}`]
  ].join(", ");
}
var MAX_LINE_LENGTH = 400;
var truncateLine = (line) => line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} …` : line;
function evidenceBlock(evidence) {
  const lines = evidence.lastLines.map(truncateLine);
  return `**${markdownText(evidence.service)}** on ${codeSpan(evidence.host)} (${codeSpan(evidence.container)}): ${markdownText(evidenceStateText(evidence))}

${codeBlock(lines.length === 0 ? ["(no output)"] : lines)}`;
}

// src/report/log-lines.ts
function planLines(plan, release) {
  const services = Object.values(release.services).map(
    (service) => `  ${service.name}: ${service.role}${service.because === void 0 ? "" : ` (${service.because})`}, ${imageText(service.image)}`
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmptyPlan(plan)) return head;
  const steps = stagesOf(plan).flatMap((stage) => [
    `${STAGE_TITLES[stage]}:`,
    ...groupAlikeHosts(plan, stage).flatMap(
      ({ hosts, texts }) => texts.map((text) => `  ${hostsText(hosts, plan)}  ${text}`)
    )
  ]);
  const waves = plan.waves.map((hosts, index) => `  ${index + 1}. ${joinWithAnd(hosts)}`);
  return [...head, ...waves.length > 1 ? ["Waves:", ...waves] : [], ...steps];
}
function groupAlikeHosts({ hosts }, stage) {
  const groups = /* @__PURE__ */ new Map();
  for (const [host, stages] of hosts) {
    const texts = (stages[stage] ?? []).map(
      ({ action, reason }) => reason === void 0 ? actionText(action) : `${actionText(action)} (${reason})`
    );
    const key = JSON.stringify(texts);
    const group2 = groups.get(key) ?? { hosts: [], texts };
    group2.hosts.push(host);
    groups.set(key, group2);
  }
  return [...groups.values()];
}
var hostsText = (hosts, plan) => hosts.length > 1 && hosts.length === plan.hosts.size ? `all ${hosts.length} hosts` : joinWithAnd(hosts);
function stepLine(result, error2, hosts = []) {
  const { host, ok, aborted: ended, undo, action, took } = result;
  const found = error2 === void 0 ? result.note : messageWithoutHost(host, error2);
  const mark = ok ? undo ? "↶" : "✓" : ended ? "–" : "✗";
  return `${mark} ${padHost(host, hosts)}  ${actionText(action)}  ${formatDuration(took)}${found === void 0 ? "" : `  ${oneLine(found)}`}`;
}
var LONG_WATCH = 1e4;
function stepStartLine(host, action, hosts = []) {
  const isLong = action.kind === "run-hook" || action.kind === "watch-release" && action.duration >= LONG_WATCH;
  return isLong ? `… ${padHost(host, hosts)}  ${actionText(action)}` : void 0;
}
function stageLine(stage, on, { waves, hosts }, elapsed = 0) {
  const title = stage === "roll-back" ? ROLL_BACK_TITLE : STAGE_TITLES[stage];
  const wave = waves.findIndex((each) => on.some((host) => each.includes(host)));
  const moves = stage !== "roll-back" && WAVE_STAGES.includes(stage) && waves.length > 1;
  const which2 = moves ? ` (wave ${wave + 1} of ${waves.length}: ${joinWithAnd(waves[wave] ?? [])})` : "";
  const when = elapsed < 1e3 ? "" : `  after ${formatDuration(elapsed)}`;
  return `${title}${which2 || (on.length < hosts.size ? ` (${joinWithAnd(on)})` : "")}:${when}`;
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
  return hosts.map(({ host, was, is, why, unknown }) => {
    const serves = unknown ? "NOT KNOWN" : is ?? "nothing";
    return `${padHost(host, names)}  before: ${was ?? "nothing"}, now: ${serves}  ${oneLine(why)}`;
  });
}
function evidenceLines(evidence) {
  const lines = evidence.lastLines.length === 0 ? ["(no output)"] : evidence.lastLines;
  return [
    `${evidence.host}  ${evidence.container} (${evidenceStateText(evidence)}), its last lines:`,
    ...indented(lines)
  ];
}
function failureText(error2, state) {
  const cause = sentence(messageOf(error2));
  const headline2 = `${cause} ${state}`;
  if (!(error2 instanceof SealiftError)) return { cause, headline: headline2, details: [], lines: [] };
  const { evidence, alreadyLogged: told } = error2;
  return { cause, headline: headline2, details: evidence, lines: told ? [] : indented(evidence) };
}
function indented(lines) {
  return lines.flatMap((line) => plainText(line).split("\n")).map((line) => `  │ ${line}`);
}

// src/edge/layout.ts
var APP_VOLUME_MOUNT = "/sealift";
var EDGE_FOLDER = `${APP_VOLUME_MOUNT}/edge`;
var SPLIT_FILE = `${EDGE_FOLDER}/split`;
var CONFIG_FILE = `${EDGE_FOLDER}/caddy.json`;
var MAX_UPSTREAMS = 24;
var SOCKETS_FOLDER = "/run/edge";
var FRONT_MOUNT = "/front";
var FRONT_VOLUME = "sealift-front";
var ALL_TRAFFIC_TO = { blue: "0", green: "g" };
var BUCKETS = 2 ** 32;
var SPLIT_PATTERN = "([0-9a-f]{8}) (blue|green)";
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
var fileName = (path) => path.slice(path.lastIndexOf("/") + 1);
var stateVolume = (appEnvironment) => `${baseProject(appEnvironment)}-sealift`;
var addressFile = (slot, route, index) => `${EDGE_FOLDER}/${slot}.${route}.${index}`;
var releaseFile = (slot) => `${EDGE_FOLDER}/${slot}.release`;
var innerServer = (slot, route) => `${slot}.${route}`;
var innerSocket = (slot, route) => socketPath(`${SOCKETS_FOLDER}/${innerServer(slot, route)}`);
var routeFolder = (appEnvironment, route) => `${FRONT_MOUNT}/apps/${baseProject(appEnvironment)}.${route}`;
var routeSocket = (appEnvironment, route) => socketPath(`${routeFolder(appEnvironment, route)}/s`);
var MAX_SOCKET_PATH = 107;
function socketPath(path) {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${MAX_SOCKET_PATH} characters: ${path}. Give the service, the app or the environment a shorter name.`
  );
}
var DOMAINS_FOLDER = `${FRONT_MOUNT}/domains`;
var MAX_DOMAIN_LENGTH = MAX_SOCKET_PATH - `${DOMAINS_FOLDER}//s`.length;

// src/edge/script.ts
async function runScript(engine, container, script, args, signal) {
  const argv = ["sh", "-c", script.text, script.name, ...args];
  const { exitCode, stdout, stderr } = await engine.exec(
    container,
    argv,
    signal === void 0 ? {} : { signal }
  );
  if (exitCode === 0) return stdout;
  const lines = `${stderr}
${stdout}`.trim().split("\n");
  throw new HostError(
    engine.host,
    `${script.name} failed in ${container}: ${lines[0] || `exit code ${exitCode}, and it said nothing`}`,
    {
      evidence: lines
    }
  );
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
async function setDomains(engine, front, appEnvironment, domains) {
  checkDomainNames([...domains.keys()]);
  const pairs = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM_SCRIPT, [
    DOMAINS_FOLDER,
    baseProject(appEnvironment),
    ...pairs
  ]);
  const taken = printed.split("\n").filter((line) => line.startsWith("taken "));
  const owners = taken.map((line) => line.split(" ").slice(1));
  checkDomainOwners(
    engine.host,
    appEnvironment,
    new Map(owners.map(([domain, owner]) => [domain ?? "", owner ?? ""])),
    [...domains.keys()]
  );
}
function checkDomainOwners(host, appEnvironment, owners, domains) {
  checkDomainNames(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === void 0 || owner === baseProject(appEnvironment)) continue;
    throw new ConfigurationError(
      `${host}: the domain ${domain} already leads to ${owner}. Take it away there first, or remove it from "domains".`
    );
  }
}
async function readDomainOwners(engine, front) {
  const files = await engine.readFiles(front, DOMAINS_FOLDER);
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file] = path.split("/").slice(-2);
    const [owner] = content.toString("utf8").split(" ");
    return file === "owner" && domain !== void 0 && owner !== void 0 ? [[domain, owner]] : [];
  });
  return new Map(owners);
}
function checkDomainNames(domains) {
  for (const domain of domains) {
    if (domain.length > MAX_DOMAIN_LENGTH) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${MAX_DOMAIN_LENGTH}: they are part of the path of a socket, which Linux limits.`
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`
      );
    }
  }
}
function refuseForeignDomains(host, appEnvironment, domains, why) {
  const others = [...domains].filter(([, owner]) => owner !== baseProject(appEnvironment));
  if (others.length === 0) return;
  const names = [...new Set(others.map(([, owner]) => owner))].join(", ");
  throw new HostError(host, `${why} It serves domains of ${names} too, so it is left as it is.`);
}

// src/edge/caddy.ts
var ADMIN_ADDRESS = "127.0.0.1:2019";
var adminConfig = { listen: ADMIN_ADDRESS, config: { persist: false } };
var noAutomaticHttps = { disable: true };
var proxyServer = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };
function textResponse(status2, body, headers = {}) {
  return {
    handler: "static_response",
    status_code: status2,
    headers: { "Content-Type": ["text/plain; charset=utf-8"], ...headers },
    body: `${body}
`
  };
}
function reverseProxy({ to, transport, retries, headers }) {
  return {
    handler: "reverse_proxy",
    upstreams: to.map((dial2) => ({ dial: dial2 })),
    transport: { protocol: "http", compression: false, ...transport },
    ...retries === void 0 ? {} : { load_balancing: retries },
    ...headers === void 0 ? {} : { headers },
    flush_interval: -1,
    // Only a reload would close them, and nothing here is ever reloaded; but a person may do so by hand.
    stream_close_delay: "1h"
  };
}
var bufferSmallBody = {
  match: [{ header_regexp: { "Content-Length": { pattern: "^[0-9]{1,5}$" } } }],
  handle: [{ handler: "vars", body: "{http.request.body}" }]
};
var removeViaHeaders = { request: { delete: ["Via"] }, response: { delete: ["Via"] } };

// src/edge/caddy-container.ts
function caddyContainerSpec(of) {
  const [first] = of.networks;
  const env = { XDG_DATA_HOME: `${of.scratch}/data`, XDG_CONFIG_HOME: `${of.scratch}/config`, ...of.env };
  return {
    Image: of.image,
    Entrypoint: ["caddy"],
    Cmd: ["run", "--config", of.config],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    User: "0:0",
    WorkingDir: "/",
    Labels: of.labels,
    // Where requests are in flight, Caddy waits for them; longer than this nobody waits for an edge.
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries(Object.keys(of.ports).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(of.ports).map(([port, hosts]) => [
          port,
          hosts.map((host) => ({ HostIp: host.address ?? "", HostPort: String(host.port) }))
        ])
      ),
      // There is one, never kept beside another. After a crash of the engine `unless-stopped` counts as stopped (seen, 28.5).
      RestartPolicy: { Name: "always" },
      NetworkMode: first,
      Mounts: Object.entries(of.volumes).map(([Source, Target]) => ({ Type: "volume", Source, Target })),
      Tmpfs: { [of.scratch]: "rw,noexec,nosuid,nodev,mode=0700,size=16m" },
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "3" } },
      CapDrop: ["ALL"],
      // The caddy of the official image carries this as a file capability and would not start without it.
      CapAdd: ["NET_BIND_SERVICE"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      // Asked for, not limited: an edge that is killed for its memory takes every release down with it.
      MemoryReservation: 64 * 1024 * 1024
    },
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(of.networks.map((network) => [network, {}])) }
  };
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
async function waitForCaddy(engine, id, what) {
  let output;
  try {
    const { exitCode, stdout, stderr } = await engine.exec(id, [
      "sh",
      "-c",
      WAIT_SCRIPT,
      "await",
      ADMIN_ADDRESS
    ]);
    if (exitCode === 0) return;
    output = `${stdout}${stderr}`.trim();
  } catch (error2) {
    if (engine.disconnected.aborted) throw error2;
    output = messageOf(error2);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === "running" ? "runs" : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `${what} does not come up (${state}). Is edge-image a Caddy 2.10 or later?`,
    {
      evidence: [output, ...logs]
    }
  );
}

// src/edge/socket-table.ts
import { isIPv4, isIPv6 } from "node:net";
function socketTableAddress(address) {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : isIPv6(address) ? ipv6Bytes(address) : void 0;
  if (bytes === void 0) return void 0;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString("hex").toUpperCase()).join("");
}
function ipv6Bytes(address) {
  const [head = "", tail] = address.split("::");
  const groups = (text) => text === "" ? [] : text.split(":").map((group2) => Number.parseInt(group2, 16));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const missing2 = tail === void 0 ? 0 : 8 - first.length - last.length;
  return [...first, ...Array(missing2).fill(0), ...last].flatMap((group2) => [group2 >> 8, group2 & 255]);
}

// src/edge/drain.ts
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
async function drainSlot(engine, edge, slot, timeout, signal) {
  return waitUntilDrained(engine, edge, [slot], [], timeout, signal);
}
async function drainAddresses(engine, edge, addresses, timeout, signal) {
  const meant = addresses.map(socketTableAddress).filter((each) => each !== void 0);
  return meant.length === 0 ? 0 : waitUntilDrained(engine, edge, SLOTS, meant, timeout, signal);
}
async function waitUntilDrained(engine, edge, slots, addresses, timeout, signal) {
  const args = [String(Math.ceil(timeout / 10)), ADMIN_ADDRESS, slots.join(" "), addresses.join(" ")];
  const printed = await runScript(engine, edge, DRAIN_SCRIPT, args, signal);
  const left = Number.parseInt(printed, 10);
  if (Number.isNaN(left))
    throw new HostError(engine.host, `drain answered "${printed.trim()}" instead of a number.`);
  return left;
}

// src/edge/edge-config.ts
import { createHash as createHash2 } from "node:crypto";

// src/edge/probe-server.ts
var PROBE_ADDRESS = "127.0.0.1:2020";
var PROBE_TARGET_HEADER = "Sealift-Target";
var PROBE_HOST_HEADER = "Sealift-Host";
var probeServer = {
  listen: [PROBE_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: "reverse_proxy",
          upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${PROBE_HOST_HEADER}}`], "User-Agent": ["sealift-health"] },
              delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER]
            }
          },
          transport: {
            protocol: "http",
            dial_timeout: "2s",
            response_header_timeout: "5s",
            keep_alive: { enabled: false }
          },
          handle_response: [
            { routes: [{ handle: [textResponse(200, "{http.reverse_proxy.status_code}")] }] }
          ]
        }
      ]
    }
  ],
  errors: { routes: [{ handle: [textResponse(200, "{http.error.message}")] }] }
};

// src/edge/split-routes.ts
var RELEASE_HEADER = "Sealift-Release";
var releaseCookie = (appEnvironment) => `sealift-release-${baseProject(appEnvironment)}`;
var bucketCookie = (appEnvironment) => `rel_${baseProject(appEnvironment)}`;
function splitRoutes({ appEnvironment, secure, to }) {
  const bucket = cookiePattern(bucketCookie(appEnvironment), "[0-9a-f]{8}");
  const first = "{http.vars.bucket} < {http.regexp.division.1}";
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  const routes = [
    ...releaseChoiceRoutes(appEnvironment, to),
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
        {
          handler: "headers",
          response: {
            add: { "Set-Cookie": [`${bucketCookie(appEnvironment)}={http.vars.bucket}; ${attributes}`] }
          }
        }
      ]
    },
    // Before the boundary is the canary's, wherever it stands: all hosts behind a balancer decide alike.
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
function releaseChoiceRoutes(appEnvironment, to) {
  const choice = "{http.vars.choice}";
  const is = (slot, other) => [
    `${choice} == {http.vars.${slot}}`,
    `(${choice} == "new" && {http.vars.canary} == "${slot}")`,
    `(${choice} == "old" && {http.vars.canary} == "${other}")`
  ].join(" || ");
  return [
    {
      handle: [
        {
          handler: "vars",
          choice: "none",
          canary: "{http.regexp.division.2}",
          blue: filePlaceholder(releaseFile("blue")),
          green: filePlaceholder(releaseFile("green"))
        }
      ]
    },
    // The header is asked last, so it holds over the cookie.
    ...[
      cookiePattern(releaseCookie(appEnvironment), RELEASE_CHOICE),
      { header: RELEASE_HEADER, pattern: `^(${RELEASE_CHOICE})$` }
    ].map((asked, index) => ({
      match: [headerMatcher(asked, `choice${index}`)],
      handle: [{ handler: "vars", choice: `{http.regexp.choice${index}.1}` }]
    })),
    { match: [{ expression: is("green", "blue") }], handle: [to("green")] },
    { match: [{ expression: is("blue", "green") }], handle: [to("blue")] }
  ];
}
var RELEASE_CHOICE = "new|old|[0-9a-f]{8}";
var filePlaceholder = (path) => `{file.${path}}`;
var cookiePattern = (name, value) => ({
  header: "Cookie",
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`
});
var headerMatcher = ({ header, pattern }, name) => ({
  header_regexp: { [header]: { ...name === void 0 ? {} : { name }, pattern } }
});

// src/edge/public-server.ts
function publicServer(appEnvironment, route) {
  const listen = [
    ...route.published.length > 0 ? [`:${route.port}`] : [],
    ...route.socket ? [`unix/${routeSocket(appEnvironment, route.id)}|0600`] : []
  ];
  return {
    listen,
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ["h1", "h2c"],
    ...proxyServer,
    routes: [
      {
        handle: [
          {
            handler: "subroute",
            routes: [
              // Before the slot is chosen: the body may take longer than the slot's release has left to live.
              bufferSmallBody,
              { handle: [{ handler: "vars", split: `{file.${SPLIT_FILE}}` }] },
              {
                match: [{ vars: { split: [ALL_TRAFFIC_TO.green] } }],
                handle: [slotProxy("green", route.id)]
              },
              ...splitRoutes({
                appEnvironment,
                secure: appEnvironment.routes.every(({ published }) => published.length === 0),
                to: (slot) => slotProxy(slot, route.id)
              }),
              { handle: [slotProxy("blue", route.id)] }
            ]
          }
        ]
      }
    ]
  };
}
function slotProxy(slot, route) {
  return reverseProxy({
    to: [`unix/${innerSocket(slot, route)}`],
    transport: { keep_alive: { max_idle_conns_per_host: 256 } },
    headers: removeViaHeaders
  });
}

// src/edge/slot-server.ts
function slotServer(slot, route) {
  const first = `{file.${addressFile(slot, route, 0)}}`;
  const upstreams = Array.from(
    { length: MAX_UPSTREAMS },
    (_, index) => `{file.${addressFile(slot, route, index)}}`
  );
  const toRelease = reverseProxy({
    to: upstreams,
    // Idle connections are given up before apps do so themselves (gunicorn after 2 s, Node after 5 s): a request sent into a
    // connection that is just being closed is lost.
    transport: { dial_timeout: "2s", keep_alive: { idle_timeout: "1s", max_idle_conns_per_host: 256 } },
    retries: retryUnsent,
    headers: removeViaHeaders
  });
  return {
    listen: [`unix/${innerSocket(slot, route)}|0600`],
    protocols: ["h1"],
    ...proxyServer,
    routes: [
      {
        match: [{ vars: { [first]: [""] } }],
        handle: [textResponse(503, "No release is running here yet.", { "Retry-After": ["5"] })]
      },
      // One route, so that a request counts once in the metrics.
      { handle: [{ handler: "subroute", routes: [bufferSmallBody, { handle: [toRelease] }] }] }
    ],
    errors: {
      routes: [
        {
          handle: [
            textResponse(
              "{http.error.status_code}",
              "The release answers no requests: {http.error.status_text}."
            )
          ]
        }
      ]
    }
  };
}
var retryUnsent = {
  selection_policy: { policy: "round_robin" },
  try_duration: "5s",
  try_interval: "50ms",
  retry_match: [{ not: [{}] }]
};

// src/edge/edge-config.ts
var EDGE_LAYOUT_VERSION = 3;
var FIRST_PORT = 8e3;
function edgeFingerprint(spec) {
  const routes = sortedRoutes(spec.routes).map(({ id, published, socket }) => [
    id,
    published.map(publishedAddress).sort(),
    socket
  ]);
  const digest = createHash2("sha256").update(JSON.stringify(routes)).digest("hex");
  return `${EDGE_LAYOUT_VERSION}-${digest.slice(0, 16)}`;
}
function routesWithPorts(spec) {
  return sortedRoutes(spec.routes).map((route, index) => ({ ...route, port: FIRST_PORT + index }));
}
function sortedRoutes(routes) {
  return [...routes].sort((one, other) => one.id < other.id ? -1 : 1);
}
function edgeConfig(spec) {
  const routes = routesWithPorts(spec);
  const servers = [
    ...routes.map((route) => [`public.${route.id}`, publicServer(spec, route)]),
    ...routes.flatMap(
      ({ id }) => SLOTS.map((slot) => [innerServer(slot, id), slotServer(slot, id)])
    ),
    ["probe", probeServer]
  ];
  return { admin: adminConfig, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}

// src/edge/addresses.ts
function slotAddressFiles(slot, addresses) {
  const files = /* @__PURE__ */ new Map();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0) throw new ConfigurationError(`${route} has no container to send requests to.`);
    if (replicas.length > MAX_UPSTREAMS) {
      throw new ConfigurationError(
        `${route} has ${replicas.length} replicas; the edge sends requests to ${MAX_UPSTREAMS} at most.`
      );
    }
    for (let index = 0; index < MAX_UPSTREAMS; index++) {
      files.set(fileName(addressFile(slot, route, index)), replicas[index % replicas.length] ?? "");
    }
  }
  return files;
}
function mixAddresses(first, second, share) {
  const has = (route, of) => (of.get(route)?.length ?? 0) > 0;
  const routes = /* @__PURE__ */ new Set([...first.keys(), ...[...second.keys()].filter((route) => has(route, second))]);
  const part = Math.min(MAX_UPSTREAMS - 1, Math.max(1, Math.round(MAX_UPSTREAMS * share)));
  return new Map(
    [...routes].map((route) => {
      const [ours, theirs] = [first.get(route) ?? [], second.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]];
      const entries = Array.from({ length: MAX_UPSTREAMS }, (_, index) => {
        const before = Math.floor(index * part / MAX_UPSTREAMS);
        const isTheirs = Math.floor((index + 1) * part / MAX_UPSTREAMS) > before;
        const [list, at] = isTheirs ? [theirs, before] : [ours, index - before];
        return list[at % list.length] ?? "";
      });
      return [route, entries];
    })
  );
}

// src/edge/initial-files.ts
async function writeEdgeFiles(engine, id, spec, findAddresses2) {
  const files = findAddresses2 === void 0 ? [] : await engine.readFiles(id, EDGE_FOLDER);
  const existing = new Map(
    [...files].map(([path, content]) => [fileName(path), content.toString("utf8").trim()])
  );
  const standing = findAddresses2 === void 0 ? [] : await releaseAddressFiles(existing, findAddresses2);
  const wanted = new Map([...initialEdgeFiles(spec), ...standing]);
  const missing2 = [...wanted].filter(([path, content]) => {
    const known = existing.get(fileName(path));
    return known === void 0 || known === "" && content !== "";
  });
  const config = [CONFIG_FILE, JSON.stringify(edgeConfig(spec))];
  await engine.writeFiles(id, APP_VOLUME_MOUNT, relativeTo(APP_VOLUME_MOUNT, [...missing2, config]));
  const folders = spec.routes.filter((route) => route.socket).map((route) => [`${routeFolder(spec, route.id)}/.keep`, ""]);
  if (folders.length > 0) await engine.writeFiles(id, FRONT_MOUNT, relativeTo(FRONT_MOUNT, folders));
}
async function releaseAddressFiles(existing, findAddresses2) {
  const files = await Promise.all(
    SLOTS.map(async (slot) => {
      const release = existing.get(fileName(releaseFile(slot))) ?? "";
      return release === "" ? [] : [...slotAddressFiles(slot, await findAddresses2(release))];
    })
  );
  return files.flat().map(([name, address]) => [`${EDGE_FOLDER}/${name}`, `${address}
`]);
}
function initialEdgeFiles(spec) {
  const addresses = SLOTS.flatMap(
    (slot) => spec.routes.flatMap(
      ({ id }) => Array.from({ length: MAX_UPSTREAMS }, (_, index) => [addressFile(slot, id, index), ""])
    )
  );
  const releases = SLOTS.map((slot) => [releaseFile(slot), ""]);
  return new Map([[SPLIT_FILE, `${ALL_TRAFFIC_TO.blue}
`], ...releases, ...addresses]);
}
function relativeTo(folder, files) {
  return new Map(files.map(([path, content]) => [path.slice(folder.length + 1), { content, mode: 420 }]));
}

// src/edge/networks.ts
var labelFilters = (labels) => Object.entries(labels).map(([key, value]) => `${key}=${value}`);
async function ensureSlotNetworks(engine, appEnvironment) {
  await Promise.all(
    SLOTS.map(
      (slot) => ensureNetwork(engine, slotNetwork(appEnvironment, slot), {
        ...labelsOf(appEnvironment),
        [LABEL.slot]: slot
      })
    )
  );
}
async function ensureNetwork(engine, name, labels) {
  const known = await engine.listNetworks(labelFilters(labels));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: "bridge", Labels: labels });
}
async function ensureStateVolume(engine, appEnvironment) {
  await engine.createVolume({ Name: stateVolume(appEnvironment), Labels: labelsOf(appEnvironment) });
}

// src/edge/taken-port.ts
async function explainTakenPort(engine, error2, ports) {
  const engineMessage = messageOf(error2);
  if (!/port is already allocated|address already in use/i.test(engineMessage)) return error2;
  const port = takenPort(engineMessage, ports);
  const holder = port === void 0 ? void 0 : holderOf(port, await engine.listContainers([]));
  const message = port === void 0 ? `one of the ports ${ports.join(", ")} is already taken.` : `port ${port} is already taken by ${holder === void 0 ? "a program outside Docker" : `container "${holder}"`}.`;
  const look = holder === void 0 ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ""}'" on the host shows which.` : "";
  return new HostError(
    engine.host,
    `${message} Stop it, or publish another port in the Compose file.${look}`,
    {
      evidence: [engineMessage],
      cause: error2
    }
  );
}
function takenPort(engineMessage, ports) {
  const named = [...engineMessage.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : void 0);
}
function holderOf(port, containers) {
  return containers.find((container) => container.ports.some((held) => held.port === port))?.name;
}

// src/edge/edge.ts
var edgeLabels = (appEnvironment) => ({
  ...labelsOf(appEnvironment),
  [LABEL.role]: "edge"
});
async function observeEdge(engine, appEnvironment) {
  return edgeState(await listEdges(engine, appEnvironment));
}
function edgeState(containers) {
  const edges = containers.filter((container) => container.labels[LABEL.role] === "edge");
  const edge = edges.find((container) => container.state === "running") ?? edges[0];
  if (edge === void 0) return { state: "absent" };
  return {
    state: edge.state === "running" ? "running" : "stopped",
    containerId: edge.id,
    fingerprint: edge.labels[LABEL.edge] ?? ""
  };
}
var listEdges = (engine, appEnvironment) => engine.listContainers(labelFilters(edgeLabels(appEnvironment)));
async function ensureEdge(engine, spec, image, findAddresses2) {
  const fingerprint = edgeFingerprint(spec);
  const found = await listEdges(engine, spec);
  const matching = found.find((edge) => edge.labels[LABEL.edge] === fingerprint);
  const others = found.filter((edge) => edge !== matching);
  if (matching?.state === "running") {
    await waitForCaddy(engine, matching.id, `The edge ${matching.name}`);
    await removeEdgeContainers(engine, others);
    return matching.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  if (matching !== void 0) await engine.removeContainer(matching.id, { force: true });
  const name = freeEdgeName(spec, others);
  const id = await engine.createContainer(name, edgeContainerSpec(spec, image));
  await replaceEdges(engine, spec, { id, name, whereStands: findAddresses2 }, others);
  return id;
}
var REPLACED_EDGE_DRAIN_TIMEOUT = 1e4;
async function replaceEdges(engine, spec, {
  id,
  name,
  whereStands: findAddresses2
}, others) {
  const runningEdges = others.filter((edge) => edge.state === "running");
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  const canRunSideBySide = !runningEdges.some((edge) => edge.ports.some(({ port }) => ports.includes(port)));
  try {
    await writeEdgeFiles(engine, id, spec, findAddresses2);
    if (!canRunSideBySide) for (const edge of runningEdges) await engine.stopContainer(edge.id);
    await engine.startContainer(id);
    await waitForCaddy(engine, id, `The edge ${name}`);
  } catch (error2) {
    if (engine.disconnected.aborted) throw error2;
    throw await restoreEdges(engine, runningEdges, id, await explainPortError(engine, error2, ports));
  }
  if (canRunSideBySide) for (const edge of runningEdges) await drainEdge(engine, edge);
  await removeEdgeContainers(engine, others);
}
async function explainPortError(engine, error2, ports) {
  return explainTakenPort(engine, error2, ports).catch(() => error2);
}
async function restoreEdges(engine, runningEdges, id, why) {
  const failures = [];
  for (const step2 of [
    () => engine.removeContainer(id, { force: true }),
    ...runningEdges.map((edge) => () => restartEdge(engine, edge))
  ]) {
    await step2().catch((error2) => failures.push(messageWithoutHost(engine.host, error2)));
  }
  if (failures.length === 0) return why;
  const message = `${messageWithoutHost(engine.host, why)} And what was before could not be put back: ${failures.join(" · ")}`;
  return new HostError(engine.host, message, { cause: why });
}
async function restartEdge(engine, edge) {
  await engine.stopContainer(edge.id);
  await engine.startContainer(edge.id);
  await waitForCaddy(engine, edge.id, `The former edge ${edge.name}`);
}
async function drainEdge(engine, edge) {
  for (const slot of SLOTS) await drainSlot(engine, edge.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
}
async function removeEdge(engine, appEnvironment) {
  const edges = await listEdges(engine, appEnvironment);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}
async function removeEdgeContainers(engine, edges) {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}
function freeEdgeName(appEnvironment, others) {
  const name = `${baseProject(appEnvironment)}-edge`;
  return others.some((edge) => edge.name === name) ? `${name}-2` : name;
}
function edgeContainerSpec(spec, image) {
  const sockets = spec.routes.some((route) => route.socket);
  const published = routesWithPorts(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: CONFIG_FILE,
    scratch: SOCKETS_FOLDER,
    labels: { ...edgeLabels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: SLOTS.map((slot) => slotNetwork(spec, slot)),
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {} },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published]))
  });
}
function runningEdgeId(engine, state) {
  if (state.state === "running") return state.containerId;
  throw new HostError(engine.host, `the edge is ${state.state}, so traffic can't be moved.`);
}

// src/edge/fallback.ts
function fallbackAddresses(routes, release, addresses) {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(matchingRoute(route, release)?.id ?? "") ?? [];
      return found.length === 0 ? [] : [[route.id, found]];
    })
  );
}

// src/edge/front.ts
import { createHash as createHash3 } from "node:crypto";

// src/engine/errors.ts
var NotFound = class extends HostError {
};
var Conflict = class extends HostError {
};
var DiskFull = class extends HostError {
};
function isDiskFullMessage(text) {
  return /no space left on device|disk quota exceeded/i.test(text);
}
function engineDiskFullError(host, operation, engineMessage) {
  return new DiskFull(
    host,
    `its disk is full: could not ${operation}. Make room there ("docker system df" shows what takes it, "docker image prune" frees unused images).`,
    { evidence: [engineMessage] }
  );
}
function engineError(host, operation, status2, engineMessage) {
  if (isDiskFullMessage(engineMessage)) return engineDiskFullError(host, operation, engineMessage);
  const message = `could not ${operation}: ${engineMessage || `the engine answered with status ${status2}`}`;
  if (status2 === 404) return new NotFound(host, message);
  if (status2 === 409) return new Conflict(host, message);
  return new HostError(host, message);
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
          // A certificate for a name that is not a domain here is never asked for: its handshake is refused.
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
var unknownDomain = textResponse(404, "No app has this domain here.");
var unlessDomain = (name, otherwise) => [
  {
    match: [{ not: [{ vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME_PATTERN } } }] }],
    handle: [otherwise],
    terminal: true
  },
  {
    match: [{ not: [{ file: { root: DOMAINS_FOLDER, try_files: [`/{${name}}/owner`] } }] }],
    handle: [otherwise],
    terminal: true
  }
];
var httpServer = {
  listen: [":80"],
  protocols: ["h1", "h2c"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain("http.request.host", unknownDomain),
    {
      handle: [
        textResponse(308, "This site is on HTTPS.", {
          Location: ["https://{http.request.host}{http.request.uri}"]
        })
      ]
    }
  ]
};
var httpsServer = {
  listen: [":443"],
  ...proxyServer,
  tls_connection_policies: [{}],
  routes: [
    ...unlessDomain("http.request.host", unknownDomain),
    bufferSmallBody,
    {
      handle: [
        reverseProxy({
          to: [`unix/${DOMAINS_FOLDER}/{http.request.host}/s`],
          // A kept connection would lead to an edge that is gone, or that another one has replaced.
          transport: { keep_alive: { enabled: false } },
          // While an app's edge is being replaced or comes back after a crash, requests wait for it.
          retries: { try_duration: "5s", try_interval: "50ms", retry_match: [{ not: [{}] }] },
          headers: removeViaHeaders
        })
      ]
    }
  ],
  errors: {
    routes: [
      { handle: [textResponse("{http.error.status_code}", "The app behind this domain does not answer.")] }
    ]
  }
};
var permissionServer = {
  listen: [PERMISSION_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain("http.request.uri.query.domain", unknownDomain),
    { handle: [textResponse(200, "It is a domain here.")] }
  ]
};

// src/edge/front.ts
var FRONT_CONTAINER = "sealift-front";
var FRONT_NETWORK = "sealift-front";
var FRONT_DATA_VOLUME = "sealift-front-data";
var DATA_MOUNT = "/data";
var FRONT_CONFIG_FILE = `${DATA_MOUNT}/sealift.json`;
var FRONT_PORTS = [80, 443];
var FRONT_LAYOUT_VERSION = 1;
var frontLabels = { [LABEL.role]: "front" };
var FRONT_FINGERPRINT_LABEL = "sealift.front";
async function observeFront(engine) {
  const found = await engine.listContainers([`${LABEL.role}=front`]);
  return found.find((container) => container.name === FRONT_CONTAINER);
}
async function ensureFront(engine, of, image, acme) {
  const found = await observeFront(engine);
  if (found !== void 0) {
    const kept = await keepFront(engine, of, acme, found);
    if (kept) return found.id;
    await engine.stopContainer(found.id);
    await engine.removeContainer(found.id, { force: true });
  }
  await ensureNetwork(engine, FRONT_NETWORK, frontLabels);
  for (const Name of [FRONT_VOLUME, FRONT_DATA_VOLUME])
    await engine.createVolume({ Name, Labels: frontLabels });
  return createFront(engine, image, acme);
}
async function keepFront(engine, of, acme, found) {
  const same = found.labels[FRONT_FINGERPRINT_LABEL] === frontFingerprint(acme);
  const sameAuthority = found.labels[ACME_LABEL] === acmeFingerprint(acme);
  const domains = same ? /* @__PURE__ */ new Map() : await readDomainOwners(engine, found.id);
  if (!sameAuthority)
    refuseForeignDomains(
      engine.host,
      of,
      domains,
      `${FRONT_CONTAINER} gets its certificates elsewhere than "acme" says.`
    );
  const alone = [...domains.values()].every((owner) => owner === `${of.app}-${of.environment}`);
  if (!same && alone) return false;
  if (found.state !== "running") await startFront(engine, found.id);
  return true;
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
    const ca = acme.ca === void 0 ? [] : [[CA_FILE, acme.ca]];
    const files = [...ca, [FRONT_CONFIG_FILE, JSON.stringify(frontConfig(acme))]];
    await engine.writeFiles(
      id,
      DATA_MOUNT,
      new Map(files.map(([path, content]) => [path.slice(DATA_MOUNT.length + 1), { content, mode: 384 }]))
    );
    const folders = ["apps/.keep", "domains/.keep"].map((path) => [path, { content: "" }]);
    await engine.writeFiles(id, FRONT_MOUNT, new Map(folders));
    await startFront(engine, id);
  } catch (error2) {
    if (!engine.disconnected.aborted) await engine.removeContainer(id, { force: true });
    throw error2;
  }
  return id;
}
async function startFront(engine, id) {
  try {
    await engine.startContainer(id);
  } catch (error2) {
    const why = await explainTakenPort(engine, error2, FRONT_PORTS);
    if (why === error2) throw error2;
    throw new HostError(
      engine.host,
      `"domains" needs ports 80 and 443. ${why instanceof Error ? why.message : ""}`,
      { cause: why }
    );
  }
  await waitForCaddy(engine, id, FRONT_CONTAINER);
}
async function removeUnusedFront(engine) {
  const found = await observeFront(engine);
  if (found === void 0 || (await readDomainOwners(engine, found.id)).size > 0) return false;
  await engine.stopContainer(found.id);
  await engine.removeContainer(found.id, { force: true });
  return true;
}
var ACME_LABEL = "sealift.front.acme";
var acmeFingerprint = ({ directory, ca }) => shortDigest([directory ?? null, ca ?? null]);
var frontFingerprint = (acme) => shortDigest([FRONT_LAYOUT_VERSION, acmeFingerprint(acme), acme.email ?? null]);
function shortDigest(of) {
  return createHash3("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);
}
function frontContainerSpec(image, acme) {
  const published = (port) => [
    { address: void 0, port }
  ];
  return caddyContainerSpec({
    image,
    config: FRONT_CONFIG_FILE,
    scratch: "/run/front",
    labels: {
      ...frontLabels,
      [FRONT_FINGERPRINT_LABEL]: frontFingerprint(acme),
      [ACME_LABEL]: acmeFingerprint(acme)
    },
    networks: [FRONT_NETWORK],
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [FRONT_DATA_VOLUME]: DATA_MOUNT },
    ports: { "80/tcp": published(80), "443/tcp": published(443), "443/udp": published(443) },
    env: { XDG_DATA_HOME: DATA_MOUNT }
  });
}

// src/edge/probe.ts
var PROBE_SCRIPT = {
  name: "probe",
  text: `
set -u
server=$1; path=$2; host=$3; limit=$4; shift 4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
end=$(( $(now) + limit ))
ask() {
  if [ -n "$path" ]; then
    wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $1" --header "${PROBE_HOST_HEADER}: $host" "http://$server$path" 2>&1
  else
    nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open
  fi
}
until_ok() {
  while :; do
    answer=$(ask "$1" | tr '\\n' ' ')
    case $answer in 'open '|'2'??' '|'3'??' ') break;; esac
    [ "$(now)" -lt $end ] || break
    sleep 0.2
  done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`
};
var MAX_PROBE_EXEC = 1e4;
async function probeContainers(engine, edge, targets, options) {
  const path = checkHealthPath(options.path);
  const answers = /* @__PURE__ */ new Map();
  const end = performance.now() + options.timeout;
  for (; ; ) {
    const open2 = targets.filter((target) => answers.get(target)?.ok !== true);
    if (open2.length === 0) return answers;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const args = [PROBE_ADDRESS, path, options.host ?? "localhost", limit, ...open2];
    for (const [target, answer] of parseProbeResults(
      await runScript(engine, edge, PROBE_SCRIPT, args, options.signal)
    )) {
      answers.set(target, answer);
    }
    if (performance.now() >= end) break;
  }
  for (const target of targets)
    if (!answers.has(target)) answers.set(target, { ok: false, failure: "no answer" });
  return answers;
}
function checkHealthPath(path) {
  if (path === void 0) return "";
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path such as /up. It begins with "/" and has no spaces.`
  );
}
function parseProbeResults(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim())];
    })
  );
}
function parseProbeResult(answer) {
  if (answer === "open" || /^[23]\d\d$/.test(answer)) return { ok: true };
  return { ok: false, failure: /^\d{3}$/.test(answer) ? `answered ${answer}` : answer || "no answer" };
}

// src/rollout/host-context.ts
function releaseById(context, id) {
  const release = context.releases.get(id);
  if (release === void 0)
    throw new SealiftError(`${context.engine.host}: release ${id} has no record on this host.`);
  return release;
}

// src/rollout/compose-labels.ts
var SERVICE_LABEL = "com.docker.compose.service";
function serviceOf(container) {
  return container.labels[SERVICE_LABEL];
}
function isOneOff(container) {
  return container.labels["com.docker.compose.oneoff"] === "True";
}
var REPLICA_NUMBER_LABEL = "com.docker.compose.container-number";
function replicaNumberOf(container) {
  const { [REPLICA_NUMBER_LABEL]: number = "1" } = container.labels;
  return Number.parseInt(number, 10);
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
  const dependsOn = release.compose.services[name]?.["depends_on"];
  return typeof dependsOn === "object" && dependsOn !== null ? Object.keys(dependsOn) : [];
}

// src/rollout/inspect.ts
async function inspectAll(engine, containers) {
  const found = await Promise.all(
    containers.map(async ({ id }) => {
      try {
        return await engine.inspectContainer(id);
      } catch (error2) {
        if (error2 instanceof NotFound) return void 0;
        throw error2;
      }
    })
  );
  return found.filter((details) => details !== void 0);
}

// src/rollout/replica-selection.ts
var byReplicaNumber = (containers) => [...containers].sort((one, other) => replicaNumberOf(one) - replicaNumberOf(other));
function selectReplicas(containers, { only, after }) {
  if (only === void 0 && after === void 0) return containers;
  return filterByRank(
    containers,
    (rank, service) => rank >= (after?.[service] ?? 0) && (only === void 0 || rank < (only[service] ?? 0))
  );
}
function firstReplicas(containers, only) {
  return only === void 0 ? containers : selectReplicas(containers, { only });
}
function replicasAfter(containers, after) {
  return selectReplicas(containers, { after });
}
function filterByRank(containers, keep) {
  const ranks = /* @__PURE__ */ new Map();
  return byReplicaNumber(containers).filter((container) => {
    const service = serviceOf(container) ?? "";
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return keep(rank, service);
  });
}

// src/rollout/restart-policy.ts
var NO_RESTART = { name: "no", maxRetries: 0 };
function intendedRestartPolicy({
  labels
}) {
  const { [LABEL.restart]: written = "no" } = labels;
  const [name, attempts = "0"] = written.split(":");
  return name === "always" || name === "unless-stopped" || name === "on-failure" ? { name, maxRetries: Number(attempts) } : void 0;
}
async function restoreRestartPolicy(context, container) {
  const policy = intendedRestartPolicy(container);
  if (policy !== void 0) await context.engine.setRestartPolicy(container.id, policy);
}
async function disableRestartPolicy(context, container) {
  if (intendedRestartPolicy(container) === void 0) return;
  try {
    await context.engine.setRestartPolicy(container.id, NO_RESTART);
  } catch (error2) {
    if (!(error2 instanceof NotFound || error2 instanceof Conflict)) throw error2;
  }
}

// src/release/definition-fingerprints.ts
import { createHash as createHash4 } from "node:crypto";

// src/release/compose/inline-contents.ts
import { posix } from "node:path";
var MAX_VARIABLE_BYTES = 128 * 1024 - 256;
var MAX_VARIABLES_BYTES = 1024 * 1024;
function inlineContents(config, contents, problems) {
  const values = /* @__PURE__ */ new Map();
  const each = (kind, all) => mapValues(all ?? {}, (spec, name) => {
    if (spec["external"] === true) problems.add(externalProblem(kind, name));
    const content = contents.get(`${kind}:${name}`);
    if (content === void 0) return { content: asText2(spec["content"]) ?? "" };
    const unfit = whyNotTransferable(content);
    if (unfit !== void 0) problems.add(`compose-file: ${kind} ${name} ${unfit}`);
    const variable = freeVariableName(`SEALIFT_${kind}_${name}`, values);
    values.set(variable, content);
    return { environment: variable };
  });
  const inlined = { secrets: each("secret", config.secrets), configs: each("config", config.configs) };
  const total = [...values.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > MAX_VARIABLES_BYTES) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, and 1024 KiB can travel. Copy large files into the image.`
    );
  }
  return { ...inlined, values };
}
function externalProblem(kind, name) {
  return `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, whose content Sealift takes along.`;
}
function whyNotTransferable(content) {
  const otherwise = "Store it as base64 text and decode it when the container starts, or copy it into the image.";
  if (content.includes("\0") || content.includes("�")) return `is not text (UTF-8). ${otherwise}`;
  const bytes = Buffer.byteLength(content);
  return bytes > MAX_VARIABLE_BYTES ? `has ${Math.ceil(bytes / 1024)} KiB, and at most 127 KiB can travel. Copy it into the image.` : void 0;
}
function freeVariableName(wish, taken) {
  const name = wish.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}
function namesUsedBy(services, key) {
  return new Set(Object.values(services).flatMap((service) => asList2(service[key]).map(fileObjectName)));
}
function rejectReadOnlyAccessory(name, service, problems) {
  const used = [...asList2(service["secrets"]), ...asList2(service["configs"])].map(fileObjectName);
  if (service["read_only"] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(", ")} into such a container. Remove read_only there, or hand the values over by environment:.`
  );
}
function readOnlyFiles(name, service, inlined, problems) {
  if (service["read_only"] !== true) return [];
  const files = [
    ...asList2(service["secrets"]).map((use) => inlineFileOf(name, use, "/run/secrets/", inlined.secrets)),
    ...asList2(service["configs"]).map((use) => inlineFileOf(name, use, "/", inlined.configs))
  ];
  for (const { folder, name: file } of files) {
    if (folder !== "/") continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file} a target in a folder of its own: target: /etc/${name}/${file}.`
    );
  }
  return files;
}
function inlineFileOf(service, use, folder, specs) {
  const source = fileObjectName(use);
  const options = asObject2(use);
  const target = posix.resolve(folder, unescapeDollars(asText2(options["target"]) ?? source));
  const spec = asObject2(specs[source]);
  const variable = asText2(spec["environment"]);
  return {
    service,
    folder: posix.dirname(target),
    name: posix.basename(target),
    uid: asNumber(options["uid"]) ?? 0,
    gid: asNumber(options["gid"]) ?? 0,
    mode: Number.parseInt(asText2(options["mode"]) ?? "0444", 8),
    from: variable === void 0 ? { content: asText2(spec["content"]) ?? "" } : { variable }
  };
}
function withFileVolumes(service, files) {
  if (files.length === 0) return service;
  const mounted = mountsOf(service).map((mount) => mount.target);
  const folders = [...new Set(files.map((file) => file.folder))].filter(
    (folder) => !mounted.includes(folder)
  );
  const volumes = folders.map((target) => ({ type: "volume", target, volume: {} }));
  return {
    ...withoutKeys(service, "secrets", "configs"),
    volumes: [...asList2(service["volumes"]), ...volumes]
  };
}

// src/release/json.ts
function canonicalJson(value) {
  return JSON.stringify(
    value,
    (_, each) => typeof each === "object" && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => one < other ? -1 : 1)) : each
  );
}

// src/release/definition-fingerprints.ts
function definitionFingerprints(base, confidential) {
  return mapValues(base.services, (service) => {
    const files = secretsAndConfigsOf(base, service);
    const contents = contentVariables(files).map((name) => confidential.get(name));
    const content = canonicalJson([service, files, contents]);
    return createHash4("sha256").update(content).digest("hex").slice(0, 12);
  });
}
function confidentialVariables(base, names) {
  return names.flatMap((name) => contentVariables(secretsAndConfigsOf(base, asObject2(base.services[name]))));
}
function secretsAndConfigsOf(base, service) {
  return {
    secrets: pickKeys(base.secrets ?? {}, namesUsedBy({ service }, "secrets")),
    configs: pickKeys(base.configs ?? {}, namesUsedBy({ service }, "configs"))
  };
}
function contentVariables({
  secrets,
  configs
}) {
  return [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})].map((spec) => asText2(spec["environment"])).filter((name) => name !== void 0);
}

// src/release/make-release.ts
import { createHash as createHash5 } from "node:crypto";

// src/release/compose/insert-images.ts
function withImages(split, images) {
  const services = mapValues(split.services, ({ imageKey, ...service }, name) => ({
    ...service,
    image: imageForService(split, images, name, imageKey)
  }));
  const main = images.get("") ?? Object.values(services).find(({ name }) => split.services[name]?.imageKey === "")?.image;
  const replace = (value) => replacePlaceholder(value, split.placeholder, main);
  const all = (config) => ({
    services: mapValues(config.services, (service) => asObject2(replace(service))),
    networks: mapValues(config.networks ?? {}, (each) => asObject2(replace(each))),
    volumes: mapValues(config.volumes ?? {}, (each) => asObject2(replace(each))),
    secrets: mapValues(config.secrets ?? {}, (each) => asObject2(replace(each))),
    configs: mapValues(config.configs ?? {}, (each) => asObject2(replace(each)))
  });
  const compose = all(split.compose);
  return {
    services,
    base: all(split.base),
    files: split.files.map(
      (file) => "content" in file.from ? { ...file, from: { content: String(replace(file.from.content)) } } : file
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
function rejectUnknownServices(split, keys) {
  const released = Object.values(split.services);
  const known = /* @__PURE__ */ new Set(["", ...released.flatMap(({ name, imageKey }) => [name, imageKey])]);
  for (const key of keys) {
    if (known.has(key)) continue;
    const what = split.base.services[key] === void 0 ? "which the Compose file does not have" : "which is an accessory: its image is the one in the Compose file";
    throw new ConfigurationError(
      `image: the line "${key}=…" is for service ${key}, ${what}. Released services: ${released.map(({ name }) => name).join(", ")}.`
    );
  }
}
function imageForService(split, images, name, key) {
  const keys = new Set(Object.values(split.services).map((service) => service.imageKey));
  const only = images.size === 1 && keys.size === 1 ? [...images.values()][0] : void 0;
  const image = images.get(key) ?? images.get(name) ?? only;
  if (image !== void 0) return image;
  const given = [...images].map(([of, each]) => of === "" ? each : `${of}=${each}`).join(", ");
  const wish = key === "" ? "repository@sha256:…" : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given === "" ? "" : `, only ${given}`}. Add a line ${wish}.`
  );
}
function replacePlaceholder(value, placeholder, image) {
  if (typeof value === "string") {
    if (!value.includes(placeholder)) return value;
    if (image === void 0) {
      throw new ConfigurationError(
        "compose-file: ${IMAGE} is used, but every service has an image of its own, so it stands for none. Use it as image: of a service, or remove it."
      );
    }
    return value.replaceAll(placeholder, image);
  }
  if (Array.isArray(value)) return value.map((each) => replacePlaceholder(each, placeholder, image));
  if (typeof value !== "object" || value === null) return value;
  return mapValues(asObject2(value), (each) => replacePlaceholder(each, placeholder, image));
}

// src/release/compose/networks-and-volumes.ts
function asExternalObjects(all, used) {
  return mapValues(pickKeys(all ?? {}, used), (spec, key) => ({
    name: asText2(asObject2(spec)["name"]) ?? key,
    external: true
  }));
}
function baseObjectsOf(base, project, labels) {
  const split = (all) => {
    const entries = Object.entries(all ?? {}).map(([key, spec]) => [key, asObject2(spec)]);
    return {
      own: entries.filter(([, spec]) => spec["external"] !== true),
      external: entries.filter(([, spec]) => spec["external"] === true).map(([key, spec]) => asText2(spec["name"]) ?? key)
    };
  };
  const networks = split(base.networks);
  const volumes = split(base.volumes);
  const labelled = (kind, key, spec) => ({
    ...engineStrings(spec["labels"]),
    "com.docker.compose.project": project,
    [`com.docker.compose.${kind}`]: key,
    ...labels
  });
  return {
    networks: networks.own.map(([key, spec]) => networkCreateBody(key, spec, labelled("network", key, spec))),
    volumes: volumes.own.map(([key, spec]) => ({
      ...withoutUndefined({
        Driver: asText2(spec["driver"]),
        DriverOpts: spec["driver_opts"] && engineStrings(spec["driver_opts"])
      }),
      Name: asText2(spec["name"]) ?? key,
      Labels: labelled("volume", key, spec)
    })),
    external: { networks: networks.external, volumes: volumes.external }
  };
}
function networkCreateBody(key, spec, labels) {
  const ipam = asObject2(spec["ipam"]);
  const pools = asList2(ipam["config"]).map((each) => {
    const pool = asObject2(each);
    return withoutUndefined({
      Subnet: pool["subnet"],
      IPRange: pool["ip_range"],
      Gateway: pool["gateway"],
      AuxiliaryAddresses: pool["aux_addresses"]
    });
  });
  const body = withoutUndefined({
    Driver: asText2(spec["driver"]) ?? "bridge",
    Options: spec["driver_opts"] && engineStrings(spec["driver_opts"]),
    Internal: spec["internal"],
    Attachable: spec["attachable"],
    EnableIPv4: spec["enable_ipv4"],
    EnableIPv6: spec["enable_ipv6"],
    IPAM: pools.length > 0 || asText2(ipam["driver"]) !== void 0 ? withoutUndefined({ Driver: asText2(ipam["driver"]), Config: pools }) : void 0
  });
  return { ...body, Name: asText2(spec["name"]) ?? key, Labels: labels };
}
function engineStrings(values) {
  return isObject2(values) ? mapValues(values, (value) => unescapeDollars(String(value))) : {};
}
function relativeBindDevice(spec) {
  const options = asObject2(asObject2(spec)["driver_opts"]);
  const device = asText2(options["device"]);
  const isBind = (asText2(options["o"]) ?? "").split(",").some((each) => each === "bind" || each === "rbind");
  return isBind && device !== void 0 && !device.startsWith("/") ? device : void 0;
}
function usedNetworksAndVolumes(services) {
  const all = Object.values(services);
  return {
    networks: new Set(all.flatMap((service) => Object.keys(asObject2(service["networks"])))),
    volumes: new Set(
      all.flatMap(
        (service) => asList2(service["volumes"]).map(asObject2).filter((mount) => mount["type"] === "volume").map((mount) => asText2(mount["source"])).filter((source) => source !== void 0)
      )
    )
  };
}

// src/release/make-release.ts
function makeRelease(split, images, health, origin, force = false) {
  const { compose, base, services, files } = withImages(split, images);
  const { app, environment, routes, wholeRecreate, conditions, lateAccessories } = split;
  const content = {
    app,
    environment,
    services,
    routes,
    wholeRecreate,
    compose,
    base,
    conditions,
    lateAccessories,
    ...files.length > 0 ? { files } : {}
  };
  const plain = releaseIdOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionFingerprints(base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin
  };
  if (!force) return { id: plain, ...release };
  return { id: releaseIdOf({ plain, at: origin.createdAt }), ...release, sameAs: plain };
}
function releaseIdOf(content) {
  return createHash5("sha256").update(canonicalJson(content)).digest("hex").slice(0, 8);
}
var SLOT_NETWORK_KEY = "sealift-slot";
function renderRelease(release, slot) {
  const network = slotNetwork(release, slot);
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = asText2(service["restart"]);
      const labels = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? "worker",
        // It is taken from containers that are kept stopped, and given back when they start.
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
    (spec) => asObject2(spec)["external"] === true ? asObject2(spec) : withLabels(asObject2(spec), labels)
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
    volumes: owned(release.base.volumes)
  };
}
function baseObjects(release) {
  return baseObjectsOf(release.base, baseProject(release), labelsOf(release));
}
function withLabels(spec, labels) {
  return { ...spec, labels: { ...asObject2(spec["labels"]), ...labels } };
}
function networksInSlot(release, service, name, network) {
  const networks = networksOf(service);
  if (networks === void 0) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isNameOfOther(release, name, alias));
  const priorities = Object.values(networks).map((own) => Number(asObject2(own)["priority"] ?? 0));
  const ask = networkNames(release.compose, Object.keys(networks)).some((other) => other < network);
  return {
    networks: {
      ...networks,
      [SLOT_NETWORK_KEY]: {
        ...aliases.length > 0 ? { aliases } : {},
        // The network of highest priority is a container's for good, and it can't start where that one was pruned; this one
        // is exchanged when a release moves to the other slot.
        priority: Math.min(0, ...priorities) - 1,
        // Docker asks networks for a name in the order of their priority, then of their names.
        ...ask ? { gw_priority: 1 } : {}
      }
    }
  };
}
function networkNames(config, keys) {
  return keys.map((key) => asText2(asObject2(config.networks?.[key])["name"]) ?? key);
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

// src/rollout/container-verdict.ts
var SETTLE_TIME = 2e3;
var CRASH_LOOP_RESTARTS = 3;
var NO_CRASHES = { restarts: 0, lastExit: void 0, toleranceLeft: 0 };
function judgeContainer(details, oneShot, runningFor, crashHistory = NO_CRASHES) {
  if (details.state === "restarting" && crashHistory.restarts >= CRASH_LOOP_RESTARTS) {
    return crashHistory.toleranceLeft > 0 ? { kind: "pending", recheckIn: crashHistory.toleranceLeft } : { kind: "failed", why: `it crashes again and again: ${crashText(details, crashHistory)}` };
  }
  if (details.state === "exited" || details.state === "dead") {
    return oneShot && details.exitCode === 0 ? { kind: "ok" } : { kind: "failed", why: exitText(details) };
  }
  if (oneShot || details.state !== "running") return { kind: "pending" };
  switch (details.health?.status) {
    case "healthy":
      return { kind: "ok" };
    case "unhealthy":
      return {
        kind: "failed",
        why: `its HEALTHCHECK fails: ${lastHealthcheckLine(details.health.lastOutput)}`
      };
    case "starting":
      return { kind: "pending" };
    default:
      return runningFor >= SETTLE_TIME ? { kind: "ok" } : { kind: "pending", recheckIn: SETTLE_TIME - runningFor };
  }
}
function hasHealthcheck(details) {
  return details.health !== void 0 && details.health.status !== "none";
}
function containerStateText(details, crashHistory = NO_CRASHES) {
  return [
    details.state,
    ...hasHealthcheck(details) ? [`HEALTHCHECK ${details.health?.status}`] : [],
    ...crashHistory.restarts > 0 ? [crashText(details, crashHistory)] : []
  ].join(", ");
}
function crashText(details, { restarts, lastExit }) {
  const count = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  if (details.state === "running" && lastExit === void 0) return count;
  const oomKilled = details.oomKilled || lastExit?.oomKilled === true;
  const exitCode = details.state === "running" ? lastExit?.exitCode ?? 0 : details.exitCode;
  return `${exitText({ ...details, exitCode, oomKilled })}, ${count}`;
}
function exitText(details) {
  const memory = details.oomKilled ? " (out of memory)" : "";
  const error2 = details.error === "" ? "" : `: ${details.error}`;
  return `it exited with code ${details.exitCode}${memory}${error2}`;
}
function lastHealthcheckLine(output) {
  return output.trim().split("\n").at(-1)?.trim() || "its command prints nothing";
}

// src/rollout/notifier.ts
var Notifier = class {
  #notified = Promise.withResolvers();
  notify = () => this.#notified.resolve();
  /** Resolves at the next ring, or at once if it rang since the last time. `within` milliseconds it rings by itself. */
  async wait(timeout) {
    const timer = timeout === void 0 ? void 0 : setTimeout(this.notify, timeout);
    await this.#notified.promise;
    clearTimeout(timer);
    this.#notified = Promise.withResolvers();
  }
};

// src/rollout/awaited-container.ts
function newAwaitedContainer(expectation) {
  return {
    ...expectation,
    notifier: new Notifier(),
    lastExit: void 0,
    outOfMemory: false,
    answered: expectation.probe === void 0,
    healthyDetails: void 0,
    failed: void 0
  };
}
function recordExitEvent(each, { action, attributes }) {
  if (action === "oom") each.outOfMemory = true;
  if (action !== "die") return;
  each.lastExit = { exitCode: Number(attributes["exitCode"]), oomKilled: each.outOfMemory };
  each.outOfMemory = false;
}
function crashHistoryOf(each, details, toleranceLeft) {
  const restarts = Math.max(0, details.restartCount - each.container.restartCount);
  return { restarts, lastExit: each.lastExit, toleranceLeft };
}
async function withCrashHistory(each, engine, error2) {
  const details = await engine.inspectContainer(each.container.id).catch(() => each.container);
  const crashHistory = crashHistoryOf(each, details, 0);
  if (crashHistory.restarts === 0) return error2;
  const probeFailure = messageWithoutHost(engine.host, error2);
  return new HostError(
    engine.host,
    `${each.service} did not become healthy in time: ${crashText(details, crashHistory)}. ${probeFailure}`,
    { cause: error2 }
  );
}

// src/rollout/await-healthy.ts
var PROBE_GRACE = 3e3;
var CRASH_TOLERANCE = 1e4;
async function awaitHealthy(context, expectations, timeout, tolerate = {}) {
  const { engine } = context;
  const all = expectations.map(newAwaitedContainer);
  const end = new AbortController();
  const deadline = new AbortController();
  const probeDeadline = new AbortController();
  const signal = AbortSignal.any([end.signal, context.signal, engine.disconnected]);
  const timers = [
    setTimeout(() => deadline.abort(), timeout),
    setTimeout(() => probeDeadline.abort(), timeout + PROBE_GRACE)
  ];
  for (const each of [signal, deadline.signal]) each.addEventListener("abort", () => notifyAll(all));
  const pending = [];
  const begin = (what, awaited) => {
    const settled = what.catch((error2) => {
      if (awaited === void 0 || signal.aborted || !mayFail(awaited, all, tolerate))
        return end.abort(error2);
      awaited.failed = messageWithoutHost(engine.host, error2);
      awaited.notifier.notify();
    });
    pending.push(settled);
    return settled;
  };
  try {
    signal.throwIfAborted();
    const began = performance.now();
    const toleranceLeft = () => began + Math.min(CRASH_TOLERANCE, timeout / 4) - performance.now();
    const probes = all.map(
      (each) => begin(probeUntilAnswered(each, engine, signal, probeDeadline.signal), each)
    );
    void begin(notifyOnEvents(await engine.events(healthEventFilters(expectations), signal), all));
    await Promise.all(
      all.map((each) => begin(waitUntilHealthy(each, engine, toleranceLeft, signal, deadline.signal), each))
    );
    const notHealthy = all.filter(
      ({ healthyDetails, failed }) => healthyDetails === void 0 && failed === void 0
    );
    if (notHealthy.length > 0) {
      await Promise.all(probes);
      signal.throwIfAborted();
      for (const each of notHealthy) {
        if (each.failed !== void 0) continue;
        if (!mayFail(each, all, tolerate)) throw await healthTimeoutError(notHealthy, engine, timeout);
        each.failed = `${each.service} was not healthy within ${formatDuration(timeout)}`;
      }
    }
    return {
      well: all.map(({ healthyDetails, failed }) => failed === void 0 ? healthyDetails : void 0).filter((healthyDetails) => healthyDetails !== void 0),
      failed: all.map(({ failed }) => failed).filter((failed) => failed !== void 0)
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    end.abort();
    await Promise.all(pending);
  }
}
function mayFail(one, awaitedContainers, tolerate) {
  if (one.failed !== void 0) return true;
  const failed = awaitedContainers.filter(
    (each) => each.service === one.service && each.failed !== void 0
  );
  return failed.length < (tolerate[one.service] ?? 0);
}
var healthEventFilters = (expectations) => ({
  type: ["container"],
  container: expectations.map(({ container }) => container.id),
  event: ["start", "die", "oom", "health_status"]
});
var notifyAll = (awaitedContainers) => {
  for (const { notifier } of awaitedContainers) notifier.notify();
};
async function notifyOnEvents(events, awaitedContainers) {
  for await (const event of events) {
    const each = awaitedContainers.find(({ container }) => container.id === event.id);
    if (each === void 0) continue;
    recordExitEvent(each, event);
    each.notifier.notify();
  }
}
async function probeUntilAnswered(each, engine, signal, probeDeadline) {
  if (each.probe === void 0) return;
  try {
    await each.probe(AbortSignal.any([signal, probeDeadline]));
    each.answered = true;
    each.notifier.notify();
  } catch (error2) {
    if (probeDeadline.aborted) return;
    throw signal.aborted ? error2 : await withCrashHistory(each, engine, error2);
  }
}
async function waitUntilHealthy(each, engine, toleranceLeft, signal, deadline) {
  let start;
  for (; ; ) {
    signal.throwIfAborted();
    if (each.failed !== void 0) return;
    const details = await engine.inspectContainer(each.container.id);
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = each.probe !== void 0 && each.answered && !each.mustSettle;
    const settled = proven ? SETTLE_TIME : performance.now() - start.seen;
    const verdict = judgeContainer(
      details,
      each.oneShot,
      settled,
      crashHistoryOf(each, details, toleranceLeft())
    );
    if (verdict.kind === "failed") {
      throw new HostError(engine.host, `${each.service} did not become healthy: ${verdict.why}`);
    }
    each.healthyDetails = verdict.kind === "ok" && (each.answered || hasHealthcheck(details)) ? details : void 0;
    if (each.healthyDetails !== void 0 || deadline.aborted) return;
    await each.notifier.wait(verdict.kind === "pending" ? verdict.recheckIn : void 0);
  }
}
async function healthTimeoutError(notHealthy, engine, timeout) {
  const states = await Promise.all(
    notHealthy.map(async (each) => {
      const details = await engine.inspectContainer(each.container.id);
      return `${each.service}: ${containerStateText(details, crashHistoryOf(each, details, 0))}`;
    })
  );
  return new HostError(
    engine.host,
    `not healthy within ${formatDuration(timeout)} (${[...new Set(states)].join("; ")}). Give it longer with "health-timeout", or mend what its logs show.`
  );
}

// src/rollout/run-compose.ts
var COMPOSE_OVERHEAD = 6e4;
async function runComposeWithTimeout(context, project, config, confidential, args, serviceTimeout) {
  const deadline = AbortSignal.timeout(serviceTimeout + COMPOSE_OVERHEAD);
  const running = runCompose(context, project, config, confidential, args, {
    signal: AbortSignal.any([context.signal, deadline]),
    progress: "plain"
  });
  await running.catch((error2) => {
    if (!deadline.aborted || context.signal.aborted) throw error2;
    throw new HostError(
      context.engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(serviceTimeout + COMPOSE_OVERHEAD)}. Give it longer with "health-timeout", or mend what the logs show.`,
      { cause: error2 }
    );
  });
}
async function runCompose(context, project, config, confidential, args, options) {
  const { progress, ...rest } = options;
  const argv = ["compose", "--project-name", project, "--file", "-", "--progress", progress, ...args];
  await context.run("docker", argv, {
    ...rest,
    stdin: JSON.stringify(config),
    env: {
      ...context.environment,
      ...context.engine.cliEnvironment,
      ...Object.fromEntries(confidential),
      COMPOSE_PROFILES: "*"
    }
  });
}
function requireConfidential(context, id) {
  const known = context.confidential.get(id);
  if (known !== void 0) return known;
  const { confidential, origin } = releaseById(context, id);
  if (confidential.length === 0) return /* @__PURE__ */ new Map();
  throw new ConfigurationError(
    `${context.engine.host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a host. Deploy that image again from a checkout of ${origin.revision ?? "its commit"} instead: input "image".`
  );
}

// src/rollout/accessories.ts
async function ensureAccessories(context, id, services, recreate2 = []) {
  const release = releaseById(context, id);
  await ensureNetworksAndVolumes(context, release);
  const missing2 = services.filter((name) => !recreate2.includes(name));
  if (missing2.length > 0) await composeUpAccessories(context, release, ["--no-recreate", ...missing2]);
  if (recreate2.length > 0)
    await composeUpAccessories(context, release, ["--force-recreate", "--no-deps", ...recreate2]);
  await awaitAccessories(context, release, [...missing2, ...recreate2], recreate2);
  return recreate2.length === 0 ? void 0 : `${recreate2.join(", ")} made anew`;
}
function composeUpAccessories(context, release, args) {
  return runComposeWithTimeout(
    context,
    baseProject(release),
    renderBase(release),
    confidentialForAccessories(context, release),
    ["up", "--detach", "--no-build", ...args],
    release.health.timeout
  );
}
function confidentialForAccessories(context, release) {
  const known = context.confidential.get(release.id);
  if (known !== void 0) return known;
  const others = [...context.confidential.values()];
  const needed = confidentialVariables(release.base, Object.keys(release.base.services));
  const stand = others.find((contents) => needed.every((name) => contents.has(name)));
  return stand ?? (needed.length === 0 ? /* @__PURE__ */ new Map() : requireConfidential(context, release.id));
}
async function ensureNetworksAndVolumes(context, release) {
  const { volumes } = baseObjects(release);
  await Promise.all([
    createMissingNetworks(context, release),
    ...volumes.map((volume) => context.engine.createVolume(volume))
  ]);
}
async function createMissingNetworks(context, release) {
  const existing = new Set((await context.engine.listNetworks([])).map((network) => network.name));
  const missing2 = baseObjects(release).networks.filter((network) => !existing.has(network.Name));
  await Promise.all(missing2.map((network) => createNetworkUnlessExists(context, network)));
}
async function createNetworkUnlessExists(context, spec) {
  try {
    await context.engine.createNetwork(spec);
  } catch (error2) {
    if (!(error2 instanceof Conflict)) throw error2;
  }
}
async function awaitAccessories(context, release, services, recreate2) {
  const conditions = new Map(
    release.conditions.filter(({ service, condition }) => services.includes(service) && condition !== "service_started").map(({ service, condition }) => [service, condition])
  );
  if (conditions.size === 0 && recreate2.length === 0) return;
  const containers = await accessoryContainers(context);
  const expectations = containers.flatMap((container) => {
    const service = serviceOf(container) ?? "";
    const condition = conditions.get(service);
    const replaced = recreate2.includes(service) && (hasHealthcheck(container) || isLongRunning(release, service));
    if (condition === void 0 && !replaced) return [];
    const oneShot = condition === "service_completed_successfully";
    return [{ container, service, oneShot, probe: void 0, mustSettle: true }];
  });
  if (expectations.length > 0) await awaitHealthy(context, expectations, release.health.timeout);
}
function isLongRunning(release, name) {
  const restart = asText2(asObject2(release.base.services[name])["restart"]);
  return restart === "always" || restart === "unless-stopped";
}
async function accessoryContainers(context) {
  const projectContainers = await context.engine.listContainers([
    `com.docker.compose.project=${baseProject(context.appEnvironment)}`
  ]);
  return inspectAll(
    context.engine,
    projectContainers.filter((each) => each.labels[LABEL.release] === void 0 && !isOneOff(each))
  );
}
async function checkExternals(engine, release) {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [existing, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => [name, await engine.inspectVolume(name)]))
  ]);
  const known = new Set(existing.map((network) => network.name));
  const missing2 = [
    ...networks.filter((name) => !known.has(name)).map((name) => `network create ${name}`),
    ...found.filter(([, volume]) => volume === void 0).map(([name]) => `volume create ${name}`)
  ];
  if (missing2.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file calls external what is not there. Make it on the host (${missing2.map((each) => `docker ${each}`).join("; ")}), or leave "external" out.`
  );
}

// src/rollout/slots.ts
function slotOf(appEnvironment, networks) {
  const on = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
  return on.length === 1 ? on[0] : void 0;
}
function commonSlot(appEnvironment, containers) {
  return slotOf(appEnvironment, containers.flat());
}
function isStopped({ state }) {
  return state === "exited" || state === "created" || state === "dead";
}
async function moveToSlot(context, containers, slot) {
  const former = slotNetwork(context.appEnvironment, otherSlot(slot));
  const wrong = containers.filter(({ networks }) => networks.includes(former));
  if (wrong.length === 0) return;
  await ensureSlotNetworks(context.engine, context.appEnvironment);
  await Promise.all(
    wrong.map(
      (container) => moveContainer(context, container, former, slotNetwork(context.appEnvironment, slot))
    )
  );
}
async function moveContainer(context, container, from, to) {
  const { engine } = context;
  if (!isStopped(container)) {
    if (container.networks.includes(to)) return;
    await engine.stopContainer(container.id);
  }
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}
async function startWithNetworks(context, container) {
  try {
    await context.engine.startContainer(container.id);
  } catch (error2) {
    if (!(error2 instanceof NotFound && /network/i.test(error2.message))) throw error2;
    await rejoinNetworks(context, container);
    await context.engine.startContainer(container.id);
  }
}
async function rejoinNetworks(context, container) {
  const { engine } = context;
  const { [LABEL.release]: id = "" } = container.labels;
  const release = context.releases.get(id);
  await ensureSlotNetworks(engine, context.appEnvironment);
  if (release !== void 0) await createMissingNetworks(context, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}

// src/rollout/containers.ts
async function listReleaseContainers(context, id, services) {
  const found = (await listWithOneOffs(context, id)).filter((each) => !isOneOff(each));
  return services === void 0 ? found : found.filter((each) => services.includes(serviceOf(each) ?? ""));
}
function listWithOneOffs(context, id) {
  return context.engine.listContainers([
    `${LABEL.app}=${context.appEnvironment.app}`,
    `${LABEL.environment}=${context.appEnvironment.environment}`,
    `${LABEL.release}=${id}`
  ]);
}
async function inspectReleaseContainers(context, id, services) {
  return inspectAll(context.engine, await listReleaseContainers(context, id, services));
}
async function startExistingContainers(context, id, slot, services, which2 = {}) {
  const all = await listReleaseContainers(context, id);
  await moveToSlot(context, all, slot);
  const release = context.releases.get(id);
  const selected = selectReplicas(
    all.filter((container) => services.includes(serviceOf(container) ?? "")),
    which2
  );
  let started = 0;
  for (const round of startRounds(release, services)) {
    const now = selected.filter((container) => round.includes(serviceOf(container) ?? ""));
    const done = await Promise.all(now.map((container) => startContainer(context, container, release)));
    started += done.filter(Boolean).length;
  }
  return `${started} started`;
}
async function startContainer(context, container, release) {
  const oneShot = release?.services[serviceOf(container) ?? ""]?.oneShot === true;
  if (oneShot && container.state === "exited") {
    const { exitCode } = await context.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  await restoreRestartPolicy(context, container);
  await startWithNetworks(context, container);
  return container.state !== "running";
}
async function stopServices(context, id, services, evidence, which2 = {}) {
  const containers = evidence ? await collectEvidence(context, id, services, which2) : selectReplicas(await listReleaseContainers(context, id, services), which2);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await disableRestartPolicy(context, container);
      if (running.includes(container)) await stopContainer(context, container.id);
    })
  );
  return `${running.length} stopped`;
}
async function stopContainer(context, id) {
  try {
    await context.engine.stopContainer(id, context.jobCancelled ? 1 : void 0);
  } catch (error2) {
    if (!(error2 instanceof NotFound)) throw error2;
  }
}
var EXIT_CODE_STATES = /* @__PURE__ */ new Set(["exited", "dead", "restarting"]);
async function collectEvidence(context, id, services, which2) {
  const containers = selectReplicas(await inspectReleaseContainers(context, id, services), which2);
  for (const container of containers) {
    const lastLines = await lastLogLines(context, container.id);
    context.runState.evidence.push({
      host: context.engine.host,
      container: container.name,
      service: serviceOf(container) ?? container.name,
      state: container.state,
      exitCode: EXIT_CODE_STATES.has(container.state) ? container.exitCode : void 0,
      oomKilled: container.oomKilled,
      health: container.health?.status === "none" ? void 0 : container.health?.status,
      lastLines: lastLines.length > 0 ? lastLines : lastHealthcheckLines(container)
    });
  }
  return containers;
}
async function lastLogLines(context, id) {
  try {
    return await context.engine.containerLogs(id, 20);
  } catch (error2) {
    if (context.engine.disconnected.aborted) throw error2;
    context.log.debug(messageOf(error2));
    return [];
  }
}
function lastHealthcheckLines(container) {
  const output = container.health?.lastOutput.trim() ?? "";
  return output === "" ? [] : output.split("\n").slice(-10);
}
async function removeReleaseContainers(context, ids) {
  for (const id of ids) {
    await removeContainers(context, await listWithOneOffs(context, id));
  }
}
async function removeContainers(context, containers) {
  await Promise.all(
    containers.map((container) => context.engine.removeContainer(container.id, { force: true }))
  );
}

// src/rollout/route-addresses.ts
async function requireAddresses(context, release) {
  const addresses = await findAddresses(context, release, (all) => all);
  return requireAddressPerRoute(context, release, addresses);
}
async function findAddresses(context, release, choose) {
  const running = choose(await listReleaseContainers(context, release.id)).filter(
    ({ state }) => state === "running"
  );
  const containers = allowsFailedReplicas(release) ? await withoutUnhealthy(context, running) : running;
  return new Map(
    release.routes.map((route) => [
      route.id,
      containers.filter((container) => serviceOf(container) === route.service).map((container) => `${container.name}:${route.containerPort}`)
    ])
  );
}
function withFallbackAddresses(context, release, addresses) {
  const others = [...context.releases.values()].map(
    ({ routes }) => fallbackAddresses(routes, release, addresses)
  );
  return new Map([...others.flatMap((each) => [...each]), ...addresses]);
}
function requireAddressPerRoute(context, release, addresses) {
  for (const route of release.routes) {
    if ((addresses.get(route.id)?.length ?? 0) > 0) continue;
    throw new HostError(
      context.engine.host,
      `no container of ${route.service} in release ${release.id} is running.`
    );
  }
  return addresses;
}
function allowsFailedReplicas({ services }) {
  return Object.values(services).some(
    ({ update }) => update !== void 0 && (update.maxFailureRatio > 0 || update.failureAction === "continue")
  );
}
async function withoutUnhealthy(context, containers) {
  const details = await inspectAll(context.engine, containers);
  const isUnhealthy = ({ id }) => details.find((each) => each.id === id)?.health?.status === "unhealthy";
  const well = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && well.has(serviceOf(each))));
}

// src/edge/switch-traffic.ts
var WRITE_SCRIPT = {
  name: "switch",
  text: `
set -eu
cd "$1"; slots=$2; split=$3; follower=$4; shift 4
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
if [ -n "$follower" ]; then
  for file in "$slots".*.*; do
    [ -e "$file" ] || continue
    line=; read -r line < "$file" || :
    printf '%s\\n' "$line" > "$next/$follower\${file#"$slots"}"
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
  const files = slotFilesOf({ slot, release, addresses });
  await writeTraffic(
    engine,
    edge,
    { slots: [slot], split: ALL_TRAFFIC_TO[slot], follower: otherSlot(slot) },
    files
  );
}
async function splitVisitors(engine, edge, canary2, share, others) {
  const files = new Map([...slotFilesOf(others), ...slotFilesOf(canary2)]);
  const split = splitFor(canary2.slot, share);
  await writeTraffic(engine, edge, { slots: [others.slot, canary2.slot], split, follower: "" }, files);
}
async function clearSlot(engine, edge, slot) {
  const files = slotFilesOf({ slot, release: "", addresses: /* @__PURE__ */ new Map() });
  await writeTraffic(engine, edge, { slots: [slot], split: "", follower: "" }, files);
}
function slotFilesOf({ slot, release, addresses }) {
  return new Map([...slotAddressFiles(slot, addresses), [fileName(releaseFile(slot)), release]]);
}
async function writeTraffic(engine, edge, { slots, split, follower }, files) {
  const args = [EDGE_FOLDER, slots.join(" "), split, follower, ...[...files].flat()];
  const state = fileLines(await runScript(engine, edge, WRITE_SCRIPT, args));
  const expected = new Map([...files, ...split === "" ? [] : [[fileName(SPLIT_FILE), split]]]);
  for (const [file, content] of expected) {
    if (state.get(file) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file} holds "${state.get(file) ?? ""}" after "${content}" was written.`
    );
  }
}
function fileLines(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
}

// src/rollout/traffic-actions.ts
async function requireEdgeContainer(context) {
  return runningEdgeId(context.engine, await observeEdge(context.engine, context.appEnvironment));
}
async function resolveSlotAddresses(context, { release, slot }) {
  const record = releaseById(context, release);
  return {
    release,
    slot,
    addresses: withFallbackAddresses(context, record, await requireAddresses(context, record))
  };
}
async function switchTraffic(context, to) {
  const [container, { addresses }] = await Promise.all([
    requireEdgeContainer(context),
    resolveSlotAddresses(context, to)
  ]);
  await switchToSlot(context.engine, container, to.slot, to.release, addresses);
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}
async function splitTraffic(context, action) {
  const [container, canary2, others] = await Promise.all([
    requireEdgeContainer(context),
    resolveSlotAddresses(context, action),
    resolveSlotAddresses(context, action.baseline)
  ]);
  await splitVisitors(context.engine, container, canary2, action.share, others);
  recordTrafficChange(context, action.release, action.baseline.release);
  return `${formatPercent(action.share)} of the visitors go to ${action.slot}, all others to ${action.baseline.slot}`;
}
async function balanceReplicas(context, action) {
  const release = releaseById(context, action.release);
  const { newRelease } = action;
  const some = async (of, choose) => withFallbackAddresses(context, of, await findAddresses(context, of, choose));
  const [container, remainingAddresses, newAddresses] = await Promise.all([
    requireEdgeContainer(context),
    some(release, (all) => replicasAfter(all, action.removedReplicas)),
    newRelease === void 0 ? /* @__PURE__ */ new Map() : some(releaseById(context, newRelease.release), (all) => firstReplicas(all, newRelease.only))
  ]);
  const addresses = requireAddressPerRoute(
    context,
    release,
    mixAddresses(remainingAddresses, newAddresses, action.share)
  );
  await switchToSlot(context.engine, container, action.slot, action.release, addresses);
  recordTrafficChange(context, action.release, ...newRelease === void 0 ? [] : [newRelease.release]);
  const count = (of) => new Set([...of.values()].flat().map((address) => address.slice(0, address.lastIndexOf(":")))).size;
  return newRelease === void 0 ? `requests go to ${containerCountText(count(remainingAddresses))} of ${action.release}` : `requests go to ${containerCountText(count(newAddresses))} of ${newRelease.release} and ${count(remainingAddresses)} of ${action.release}`;
}
async function clearSlotRouting(context, slot) {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state === "running") await clearSlot(context.engine, state.containerId, slot);
}
async function drainTraffic(context, of) {
  const left = context.runState.drainedReleases.has(of.release) ? 0 : await waitForDrain(context, of, context.jobCancelled ? 0 : context.settings.drainTimeout);
  if (left === void 0) return "no edge, nothing to wait for";
  if (left === 0) return "no request in flight";
  return left === 1 ? "1 request was still in flight and is cut" : `${left} requests were still in flight and are cut`;
}
async function waitForDrain(context, of, timeout) {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state !== "running") return void 0;
  const containers = selectReplicas(await inspectReleaseContainers(context, of.release), of);
  const addresses = containers.flatMap(
    ({ networks }) => Object.values(networks).flatMap(({ ipv4: address, ipv6: address6 = "" }) => [address, address6])
  );
  return drainAddresses(context.engine, state.containerId, addresses, timeout, context.signal);
}
function recordTrafficChange({ runState }, ...to) {
  runState.lastChangeAt = performance.now();
  for (const id of to) runState.drainedReleases.delete(id);
}
var containerCountText = (count) => count === 1 ? "1 container" : `${count} containers`;

// src/rollout/edge-actions.ts
function edgeSpec(release) {
  return {
    app: release.app,
    environment: release.environment,
    routes: release.routes.map(({ id, published, domains }) => ({
      id,
      published,
      socket: domains.length > 0
    }))
  };
}
function requiredEdgeFingerprint(release) {
  return release.routes.length === 0 ? void 0 : edgeFingerprint(edgeSpec(release));
}
async function ensureEdgeForRelease(context, id, resetTraffic = false) {
  const wanted = releaseById(context, id);
  const findAddressesOf = async (standing) => {
    const release = context.releases.get(standing);
    if (release === void 0) return /* @__PURE__ */ new Map();
    return fallbackAddresses(wanted.routes, release, await findAddresses(context, release, (all) => all));
  };
  const { engine, settings } = context;
  await ensureEdge(engine, edgeSpec(wanted), settings.edgeImage, resetTraffic ? void 0 : findAddressesOf);
}
async function removeAppEdge(context) {
  await removeEdge(context.engine, context.appEnvironment);
}
async function probeFromEdge(context, address, health, signal) {
  const container = await requireEdgeContainer(context);
  const answers = await probeContainers(context.engine, container, [address], {
    path: health.path,
    timeout: health.timeout,
    signal
  });
  const answer = answers.get(address);
  if (answer?.ok === true) return;
  const asked = health.path === void 0 ? "does not accept connections" : `does not answer ${health.path} as expected`;
  throw new HostError(context.engine.host, `${address} ${asked}: ${answer?.failure ?? "no answer"}.`);
}
function domainsOf(release) {
  return new Map(
    release.routes.flatMap((route) => route.domains.map((domain) => [domain, route.id]))
  );
}
async function ensureFrontRuns(context) {
  await ensureFront(
    context.engine,
    context.appEnvironment,
    context.settings.edgeImage,
    context.settings.acme
  );
}
async function removeFrontIfUnused(context) {
  return await removeUnusedFront(context.engine) ? "removed" : "still needed";
}
async function routeDomains(context, id) {
  const front = await observeFront(context.engine);
  if (front === void 0) return void 0;
  const domains = id === void 0 ? /* @__PURE__ */ new Map() : domainsOf(releaseById(context, id));
  await setDomains(context.engine, front.id, context.appEnvironment, domains);
  return [...domains.keys()].join(", ") || "none";
}
async function checkDomainsFree(engine, release) {
  const wanted = domainsOf(release);
  if (wanted.size === 0) return;
  checkDomainNames([...wanted.keys()]);
  const front = await observeFront(engine);
  if (front === void 0) return;
  checkDomainOwners(engine.host, release, await readDomainOwners(engine, front.id), [...wanted.keys()]);
}

// src/release/records.ts
import { createHash as createHash6 } from "node:crypto";
var NO_RECORDS = { sequence: 0, releases: [], history: [] };
var RECORD_FILES = ["records/a.json", "records/b.json"];
var HISTORY_LENGTH = 100;
var checksum = (sequence, body) => createHash6("sha256").update(`${sequence}
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
  const whole = RECORD_FILES.flatMap((name) => {
    const content = files.get(name);
    const records = content === void 0 ? void 0 : parseRecords(content.toString("utf8"));
    return records === void 0 ? [] : [records];
  });
  return whole.reduce(
    (newest, records) => records.sequence > newest.sequence ? records : newest,
    NO_RECORDS
  );
}
function withRelease(records, release) {
  const others = records.releases.filter((other) => other.id !== release.id);
  return { ...records, sequence: records.sequence + 1, releases: [...others, release] };
}
function withEvent(records, entry) {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}
function withoutReleases(records, gone) {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !gone.includes(release.id))
  };
}

// src/rollout/disk-space.ts
var AMPLE_SPACE = 32 * 1024 ** 3;
async function checkDiskSpace(context, images) {
  if (images.length === 0) return;
  const free = await freeSpace(context);
  if (free === void 0 || free >= AMPLE_SPACE) return;
  const needed = await neededSpace(context, images);
  if (needed !== void 0 && needed > free) throw diskFullError(context, images, { needed, free });
}
function diskFullError(context, images, { needed, free }, evidence = []) {
  const sizes = needed === void 0 ? "" : free === void 0 || free >= needed ? ` It needs at least ${megabytes(needed)}.` : ` It needs at least ${megabytes(needed)}, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing.`;
  return new HostError(
    context.engine.host,
    `the disk has no room for ${images.join(", ")}.${sizes} Free some (docker system df shows what holds it) or lower "keep".`,
    { evidence }
  );
}
async function measureShortage(context, images) {
  const [needed, free] = await Promise.all([neededSpace(context, images), freeSpace(context)]);
  return { needed, free };
}
var megabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;
async function freeSpace(context) {
  const { engine } = context;
  try {
    const container = (await engine.listContainers([LABEL.role])).find(
      ({ labels, state }) => state === "running" && ["edge", "front"].includes(labels[LABEL.role] ?? "")
    );
    if (container === void 0) return void 0;
    const { exitCode, stdout } = await engine.exec(container.id, ["df", "-Pk", "/"], {
      signal: context.signal
    });
    return exitCode === 0 ? parseAvailableSpace(stdout) : void 0;
  } catch (error2) {
    return logUnknown(context, "free space", error2);
  }
}
function parseAvailableSpace(printed) {
  const available = Number(printed.trim().split("\n")[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : void 0;
}
async function neededSpace(context, images) {
  try {
    const [existing, { os: os5, architecture }, ...remote] = await Promise.all([
      existingLayers(context.engine),
      context.engine.version(),
      ...images.map((image) => context.lookUpLayers(image))
    ]);
    const missing2 = /* @__PURE__ */ new Map();
    for (const platforms of remote) {
      const layers = layersForPlatform(platforms, `${os5}/${architecture}`);
      if (layers === void 0) return void 0;
      for (const { diffId, size } of layers) if (!existing.has(diffId)) missing2.set(diffId, size);
    }
    return [...missing2.values()].reduce((sum, size) => sum + size, 0);
  } catch (error2) {
    return logUnknown(context, "size", error2);
  }
}
function layersForPlatform(platforms, platform2) {
  const found = [...platforms ?? []].find(([name]) => name === platform2 || name.startsWith(`${platform2}/`));
  return found?.[1].layers;
}
async function existingLayers(engine) {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}
function logUnknown(context, what, error2) {
  if (context.signal.aborted) throw context.signal.reason;
  context.log.debug(`${context.engine.host}: the ${what} is not known: ${messageOf(error2)}`);
}

// src/rollout/host-images.ts
var retentionRepository = (appEnvironment) => `sealift/${baseProject(appEnvironment)}`;
function retentionTags(release) {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))].sort();
  return images.map((image, index) => ({ image, tag: `${release.id}-${index}` }));
}
async function pullImages(context, id) {
  const release = releaseById(context, id);
  const tagged = retentionTags(release);
  const others = Object.values(release.base.services).map((service) => service["image"]).filter((image) => typeof image === "string");
  const edge = release.routes.length > 0 ? [context.settings.edgeImage] : [];
  const wanted = [.../* @__PURE__ */ new Set([...tagged.map(({ image }) => image), ...others, ...edge])];
  const missing2 = await Promise.all(
    wanted.map(async (image) => await context.engine.inspectImage(image) === void 0 ? [image] : [])
  );
  await checkDiskSpace(context, missing2.flat());
  await Promise.all(missing2.flat().map((image) => pullImage(context, image)));
  await Promise.all(
    tagged.map(
      ({ image, tag }) => context.engine.tagImage(image, retentionRepository(context.appEnvironment), tag)
    )
  );
  const count = missing2.flat().length;
  return count === 0 ? "already there" : `${count} of ${wanted.length} pulled`;
}
async function pullImage(context, image) {
  try {
    await context.run("docker", ["pull", "--quiet", image], {
      env: { ...context.environment, ...context.engine.cliEnvironment },
      signal: context.signal
    });
  } catch (error2) {
    throw error2 instanceof CommandError ? await pullError(context, image, error2) : error2;
  }
}
async function pullError(context, image, error2) {
  const { host } = context.engine;
  const stderr = error2.stderr;
  if (/no space left on device/i.test(stderr)) {
    return diskFullError(context, [image], await measureShortage(context, [image]), error2.evidence);
  }
  if (/unauthorized|authentication required|denied|no basic auth/i.test(stderr)) {
    return new HostError(
      host,
      `the registry refuses ${image}. Give registry-username and registry-password, or check that they may read it.`,
      { evidence: error2.evidence }
    );
  }
  if (/not found|manifest unknown|no matching manifest/i.test(stderr)) {
    return new HostError(host, `${image} was not found, or not for this host's platform.`, {
      evidence: error2.evidence
    });
  }
  return new HostError(host, `could not pull ${image}: ${error2.evidence.at(-1) ?? error2.message}`, {
    evidence: error2.evidence
  });
}
async function removeImages(context, gone, staying) {
  const needed = new Set(
    staying.flatMap((release) => Object.values(release.services).map((service) => service.image))
  );
  for (const release of gone) {
    for (const { image, tag } of retentionTags(release)) {
      await context.engine.removeImage(`${retentionRepository(context.appEnvironment)}:${tag}`);
      if (needed.has(image)) continue;
      const others = (await context.engine.inspectImage(image))?.repoTags ?? [];
      if (others.length === 0) await context.engine.removeImage(image);
    }
  }
}
async function imageIds(context, release) {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))];
  const found = await Promise.all(
    images.map(async (image) => {
      const details = await context.engine.inspectImage(image);
      if (details === void 0) throw new HostError(context.engine.host, `${image} is not on this host.`);
      return [image, details.id];
    })
  );
  return new Map(found);
}

// src/rollout/replica-count.ts
function verifyReplicaCounts(context, release, containers, { services, only, after }, tolerate = {}) {
  for (const name of services) {
    const whole = only === void 0 ? release.services[name]?.replicas ?? 1 : only[name] ?? 0;
    const wanted = whole - (after?.[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < wanted)
      throw new HostError(context.engine.host, `${name} has ${found} of ${wanted} containers.`);
  }
}

// src/rollout/check-health.ts
async function checkHealth(context, action) {
  const startedAt = performance.now();
  const release = releaseById(context, action.release);
  const [all, ids] = await Promise.all([
    inspectReleaseContainers(context, action.release, action.services),
    imageIds(context, release)
  ]);
  const containers = selectReplicas(all, action);
  verifyImages(context, release, containers, ids);
  verifyReplicaCounts(context, release, containers, action);
  const { well: healthy, failed } = await awaitHealthy(
    context,
    containers.map((container) => healthExpectation(context, release, container)),
    release.health.timeout,
    action.tolerate
  );
  for (const each of healthy)
    if (!context.runState.healthyContainers.has(each.id))
      context.runState.healthyContainers.set(each.id, each);
  context.runState.lastChangeAt = performance.now();
  const seen = `${containers.length - failed.length} healthy after ${formatDuration(performance.now() - startedAt)}`;
  return failed.length === 0 ? seen : `${seen}; tolerated: ${failed.join("; ")}`;
}
function verifyImages(context, release, containers, ids) {
  for (const container of containers) {
    const service = release.services[serviceOf(container) ?? ""];
    const expected = service === void 0 ? void 0 : ids.get(service.image);
    if (service !== void 0 && container.imageId !== expected) {
      throw new HostError(
        context.engine.host,
        `${container.name} runs ${container.imageId}, but ${service.image} is ${expected ?? "not here"}.`
      );
    }
  }
}
function healthExpectation(context, release, container) {
  const service = serviceOf(container) ?? container.name;
  const route = release.routes.find((each) => each.service === service);
  const hasHealth = container.health !== void 0 && container.health.status !== "none";
  return {
    container,
    service,
    oneShot: release.services[service]?.oneShot ?? false,
    mustSettle: release.health.path === void 0,
    probe: route === void 0 || hasHealth ? void 0 : (signal) => probeFromEdge(context, `${container.name}:${route.containerPort}`, release.health, signal)
  };
}

// src/rollout/container-watcher.ts
var ContainerWatcher = class _ContainerWatcher {
  notifier = new Notifier();
  /** Aborts with what ends the guard from outside. */
  signal;
  #context;
  #options;
  #abort = new AbortController();
  #containers = [];
  #listening;
  constructor(context, options) {
    this.#context = context;
    this.#options = options;
    this.signal = AbortSignal.any([this.#abort.signal, context.signal, context.engine.disconnected]);
    this.signal.addEventListener("abort", this.notifier.notify);
  }
  /** @throws HostError when there are fewer containers than the release has; the reason of the work's signal */
  static async start(context, options) {
    const watcher = new _ContainerWatcher(context, options);
    try {
      await watcher.#start();
      return watcher;
    } catch (error2) {
      await watcher.close();
      throw error2;
    }
  }
  async #start() {
    this.signal.throwIfAborted();
    const context = this.#context;
    const { release: id, services, only, tolerate } = this.#options;
    const release = releaseById(context, id);
    const found = firstReplicas(await inspectReleaseContainers(context, id, services), only);
    verifyReplicaCounts(context, release, found, this.#options, tolerate);
    this.#containers = found.map((container) => {
      const service = serviceOf(container) ?? container.name;
      const oneShot = release.services[service]?.oneShot ?? false;
      const before = context.runState.healthyContainers.get(container.id) ?? container;
      const exitReported = Promise.withResolvers();
      return { service, oneShot, before, lastExit: void 0, outOfMemory: false, exitReported };
    });
    const events = await context.engine.events(
      watchEventFilters(found),
      this.signal,
      earliestStart(this.#containers)
    );
    this.#listening = this.#listen(events).catch((error2) => this.#abort.abort(error2));
  }
  /** Remembers how they end: once restarted, a container itself does not know any more. */
  async #listen(events) {
    for await (const { id, action, attributes } of events) {
      const container = this.#containers.find(({ before }) => before.id === id);
      if (container !== void 0 && action === "oom") container.outOfMemory = true;
      if (container !== void 0 && action === "die") {
        container.lastExit = { exitCode: Number(attributes["exitCode"]), oomKilled: container.outOfMemory };
        container.outOfMemory = false;
        container.exitReported.resolve();
      }
      this.notifier.notify();
    }
  }
  /** How many containers are guarded. */
  get size() {
    return this.#containers.length;
  }
  /** Whether all of them have ended as they should, so that nothing can become of them any more. */
  get allCompleted() {
    return this.#containers.every(({ oneShot, before }) => oneShot && before.state === "exited");
  }
  /**
   * Looks at every container anew.
   * @returns what is tolerated of what is wrong
   * @throws HostError when more containers of a service have failed than are tolerated; the reason of the signal
   */
  async checkContainers() {
    this.signal.throwIfAborted();
    const { engine } = this.#context;
    const found = await Promise.all(
      this.#containers.map(async (container) => {
        const { service, before, oneShot } = container;
        const [now] = await inspectAll(engine, [before]);
        if (now !== void 0 && now.restartCount > before.restartCount) await waitForExitEvent(container);
        return {
          service,
          why: now === void 0 ? "it was removed" : failureOf(before, now, oneShot, container.lastExit)
        };
      })
    );
    for (const service of new Set(found.map((each) => each.service))) {
      const failed = found.filter((each) => each.service === service && each.why !== void 0);
      const [first] = failed;
      if (first === void 0 || failed.length <= (this.#options.tolerate?.[service] ?? 0)) continue;
      throw new HostError(
        engine.host,
        `${service} did not stay well ${this.#options.whenText}: ${first.why}`
      );
    }
    return found.flatMap(({ service, why }) => why === void 0 ? [] : [`tolerated: ${service}: ${why}`]);
  }
  async close() {
    this.#abort.abort();
    await this.#listening;
  }
};
var EXIT_EVENT_TIMEOUT = 500;
async function waitForExitEvent({ exitReported }) {
  const timer = setTimeout(exitReported.resolve, EXIT_EVENT_TIMEOUT);
  await exitReported.promise;
  clearTimeout(timer);
}
var watchEventFilters = (containers) => ({
  type: ["container"],
  container: containers.map(({ id }) => id),
  event: ["start", "die", "oom", "health_status", "destroy"]
});
function earliestStart(containers) {
  return containers.map(({ before }) => before.startedAt).sort().at(0);
}
function failureOf(before, now, oneShot, lastExit) {
  const restarts = Math.max(0, now.restartCount - before.restartCount);
  const crashHistory = { restarts, lastExit, toleranceLeft: 0 };
  const verdict = judgeContainer(now, oneShot, SETTLE_TIME);
  if (verdict.kind === "failed") return restarts > 0 ? crashText(now, crashHistory) : verdict.why;
  if (oneShot) return void 0;
  if (restarts > 0) return `it ended and was started again: ${crashText(now, crashHistory)}`;
  if (now.startedAt !== before.startedAt || now.state === "restarting")
    return "it ended and was started again";
  return now.state === "running" ? void 0 : `it is ${now.state}`;
}

// src/rollout/final-check.ts
var FINAL_CHECK_TIME = 1e3;
async function runFinalCheck(context, action) {
  const until = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
  const watcher = await ContainerWatcher.start(context, { ...action, whenText: "after its check" });
  let drains = action.drain !== void 0;
  const drained = drainDuringFinalCheck({ ...context, signal: watcher.signal }, action.drain).finally(() => {
    drains = false;
    watcher.notifier.notify();
  });
  try {
    for (; ; ) {
      const left = until - performance.now();
      const done = !drains && (left <= 0 || watcher.allCompleted);
      const tolerated = await watcher.checkContainers();
      if (done)
        return [`${watcher.size - tolerated.length} well`, ...await drained, ...tolerated].join("; ");
      await watcher.notifier.wait(left > 0 ? left : void 0);
    }
  } finally {
    await watcher.close();
    await drained;
  }
}
async function drainDuringFinalCheck(context, old) {
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
var METRICS_TIMEOUT = 1e4;
async function readSample(engine, edge, signal) {
  const limit = AbortSignal.timeout(METRICS_TIMEOUT);
  const either = signal === void 0 ? limit : AbortSignal.any([signal, limit]);
  const printed = await runScript(engine, edge, METRICS_SCRIPT, [ADMIN_ADDRESS], either);
  const sample = parseSample(printed);
  if (sample !== void 0) return sample;
  throw new HostError(engine.host, `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}"`);
}
function parseSample(printed) {
  const values = new Map(
    printed.split("\n").filter((line) => line !== "").map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))])
  );
  const value = (slot, name) => values.get(`${slot} ${name}`) ?? Number.NaN;
  const answers = (slot) => ({
    count: value(slot, "count"),
    errors: value(slot, "errors"),
    timed: value(slot, "timed"),
    seconds: value(slot, "seconds"),
    histogram: histogramOf(slot, values)
  });
  const sample = {
    startTicks: values.get("edge started") ?? Number.NaN,
    stats: { blue: answers("blue"), green: answers("green") },
    inFlight: { blue: value("blue", "in-flight"), green: value("green", "in-flight") }
  };
  const numbers = SLOTS.flatMap((slot) => {
    const { histogram: times, ...rest } = sample.stats[slot];
    return [...Object.values(rest), ...times.flat(), sample.inFlight[slot]];
  });
  return [sample.startTicks, ...numbers].some(Number.isNaN) ? void 0 : sample;
}
function histogramOf(slot, values) {
  const prefix = `${slot} le:`;
  const buckets = [...values].filter(([key]) => key.startsWith(prefix)).map(([key, count]) => [limitOf(key.slice(prefix.length)), count]).sort(([one], [other]) => one - other);
  return buckets.map(([limit, count], index) => [limit, count - (buckets[index - 1]?.[1] ?? 0)]);
}
var limitOf = (le) => le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
function statsSince(before, now, slot) {
  const answers = now.stats[slot];
  return before.startTicks === now.startTicks ? combineStats(answers, before.stats[slot], (more, less) => more - less) : answers;
}
var addStats = (one, other) => combineStats(one, other, (a, b) => a + b);
function combineStats(one, other, how) {
  const counts = new Map(other.histogram);
  const limits = [...new Set([...one.histogram, ...other.histogram].map(([limit]) => limit))].sort(
    (a, b) => a - b
  );
  const ours = new Map(one.histogram);
  return {
    count: how(one.count, other.count),
    errors: how(one.errors, other.errors),
    timed: how(one.timed, other.timed),
    seconds: how(one.seconds, other.seconds),
    histogram: limits.map((limit) => [limit, how(ours.get(limit) ?? 0, counts.get(limit) ?? 0)])
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
  try {
    const state = await observeEdge(context.engine, context.appEnvironment);
    return state.state === "running" ? await readSample(context.engine, state.containerId, context.signal) : void 0;
  } catch (error2) {
    context.log.debug(messageOf(error2));
    return void 0;
  }
}
async function openMetricsSampler(context, options) {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state !== "running") return void 0;
  return new EdgeMetricsSampler(context, state.containerId, options);
}
var NO_RESPONSES = { all: NO_REQUESTS, warm: NO_REQUESTS };
var EdgeMetricsSampler = class {
  lastError;
  edgeRestarted = false;
  #context;
  #edgeContainer;
  #options;
  #warmAt;
  #firstSample;
  #lastSample;
  #responses = {
    blue: NO_RESPONSES,
    green: NO_RESPONSES
  };
  constructor(context, edgeContainer, options) {
    this.#context = context;
    this.#edgeContainer = edgeContainer;
    this.#options = options;
    this.#warmAt = performance.now() + options.duration * WARM_UP_SHARE;
  }
  get #isWarm() {
    return performance.now() >= this.#warmAt;
  }
  async sample(signal) {
    try {
      const sample = await readSample(this.#context.engine, this.#edgeContainer, signal);
      this.lastError = void 0;
      if (this.#lastSample !== void 0) this.#add(this.#lastSample, sample);
      this.edgeRestarted ||= this.#lastSample !== void 0 && this.#lastSample.startTicks !== sample.startTicks;
      this.#firstSample ??= sample;
      this.#lastSample = sample;
    } catch (error2) {
      signal.throwIfAborted();
      this.lastError = error2;
    }
  }
  #add(last, sample) {
    for (const slot of [
      this.#options.slot,
      ...this.#options.baseline === void 0 ? [] : [this.#options.baseline.slot]
    ]) {
      const more = statsSince(last, sample, slot);
      const responses = this.#responses[slot];
      this.#responses[slot] = {
        all: addStats(responses.all, more),
        warm: this.#isWarm ? addStats(responses.warm, more) : NO_REQUESTS
      };
    }
  }
  get comparison() {
    if (this.#firstSample === void 0 || this.#lastSample === void 0) return void 0;
    const { slot, baseline } = this.#options;
    const apart = this.#context.runState.countersBeforeBalancing === void 0;
    return {
      own: this.#responses[slot],
      other: baseline === void 0 ? void 0 : apart ? this.#responses[baseline.slot] : NO_RESPONSES,
      before: baseline === void 0 ? [] : this.#responsesBefore(this.#firstSample, baseline.slot),
      waiting: this.#isWarm ? this.#lastSample.inFlight[slot] : 0
    };
  }
  #responsesBefore(firstSample, slot) {
    const { countersAtStart, countersBeforeBalancing } = this.#context.runState;
    if (countersBeforeBalancing === "unknown") return [];
    return countersAtStart === void 0 ? [] : [statsSince(countersAtStart, countersBeforeBalancing ?? firstSample, slot)];
  }
};

// src/rollout/run-hook.ts
import { randomUUID as randomUUID8 } from "node:crypto";

// src/release/compose/external-proxy.ts
function externalProxyOf(service) {
  const labels = Object.entries(asObject2(service["labels"]));
  const off = labels.some(
    ([key, value]) => key === "traefik.enable" && String(value).toLowerCase() === "false"
  );
  if (!off && labels.some(([key]) => key.startsWith("traefik."))) return "labels of Traefik";
  if (labels.some(([key]) => /^caddy(_\d+)?(\.|$)/.test(key))) return "labels of caddy-docker-proxy";
  const environment = asObject2(service["environment"]);
  const named = PROXY_VARIABLES.find((name) => asText2(environment[name]) !== void 0);
  return named;
}
var PROXY_VARIABLES = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS"];
function isReachableFromOutside(project, name) {
  const service = project.service(name);
  const outside = Object.keys(networksOf(service) ?? {}).some(
    (key) => asObject2(project.config.networks?.[key])["external"] === true
  );
  return outside || exposedPortsOf(service).length > 0 || portsOf(service).length > 0;
}

// src/release/render-hook.ts
var KEYS_NOT_FOR_HOOKS = [
  "ports",
  "restart",
  "healthcheck",
  "depends_on",
  "links",
  "post_start",
  "pre_stop",
  "scale",
  "mac_address",
  "read_only",
  "network_mode",
  "networks",
  "pid",
  "ipc",
  "volumes_from"
];
function renderHook(release, slot, name) {
  const rendered = renderRelease(release, slot);
  const files = (release.files ?? []).filter(({ service: service2 }) => service2 === name);
  const service = asObject2(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, at) => [hookConfigKey(at), hookConfigSpec(file)]))
    },
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_HOOKS),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // By its own labels and variables a proxy would send requests to it.
        labels: { ...pickKeys(asObject2(service["labels"]), Object.values(LABEL)), [LABEL.role]: "hook" },
        environment: withoutKeys(asObject2(service["environment"]), ...PROXY_VARIABLES),
        // Compose can't copy into a read-only container, and writes into one that is not.
        configs: [
          ...asList2(service["configs"]),
          ...files.map((file, at) => hookConfigMount(file, hookConfigKey(at)))
        ]
      }
    }
  };
}
var hookConfigKey = (at) => `sealift-file-${at}`;
function hookConfigSpec({ from }) {
  return "variable" in from ? { environment: from.variable } : { content: from.content };
}
function hookConfigMount({ folder, name, uid, gid, mode }, source) {
  const target = `${folder === "/" ? "" : folder}/${name}`.replaceAll("$", "$$$$");
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}
function ownNamespaces(rendered, service) {
  const { network_mode, networks } = networkSettingsOf(rendered, service);
  const outside = (key) => referencedService(service[key]) === void 0 ? service[key] : void 0;
  return withoutUndefined({
    network_mode,
    pid: outside("pid"),
    ipc: outside("ipc"),
    volumes_from: asStrings2(service["volumes_from"]).filter((from) => from.startsWith("container:")),
    networks: networks === void 0 ? void 0 : mapValues(
      asObject2(networks),
      (options) => withoutKeys(
        asObject2(options),
        "ipv4_address",
        "ipv6_address",
        "mac_address",
        "link_local_ips",
        "aliases"
      )
    )
  });
}
function networkSettingsOf(rendered, service) {
  const host = referencedService(service["network_mode"]);
  return host === void 0 ? service : networkSettingsOf(rendered, asObject2(rendered.services[host]));
}

// src/rollout/run-hook.ts
var HOOK_OUTPUT_LINES = 30;
async function runHook(context, action) {
  const release = releaseById(context, action.release);
  const confidential = requireConfidential(context, action.release);
  const name = `${releaseProject(release)}-${action.when}-${randomUUID8().slice(0, 4)}`;
  await Promise.all([
    ensureSlotNetworks(context.engine, context.appEnvironment),
    removeHookContainers(context)
  ]);
  const lines = [];
  const options = ["--rm", "--no-deps", "--no-TTY", "--interactive=false", "--pull", "never", "--name", name];
  try {
    await runCompose(
      context,
      releaseProject(release),
      renderHook(release, action.slot, action.service),
      confidential,
      ["run", ...options, action.service, ...action.argv],
      {
        signal: context.signal,
        progress: "quiet",
        onLine(line) {
          context.log.info(`${context.engine.host}  │ ${line}`);
          lines.push(line);
          if (lines.length > HOOK_OUTPUT_LINES) lines.shift();
        }
      }
    );
  } catch (error2) {
    await removeHookContainers(context).catch(() => void 0);
    if (!(error2 instanceof CommandError) || context.signal.aborted) throw error2;
    throw new HostError(context.engine.host, hookFailureText(action, error2.exitCode, lines.at(-1)), {
      evidence: lines,
      alreadyLogged: true
    });
  }
  return "ended with 0";
}
async function removeHookContainers(context) {
  const left = await context.engine.listContainers([
    `${LABEL.app}=${context.appEnvironment.app}`,
    `${LABEL.environment}=${context.appEnvironment.environment}`,
    `${LABEL.role}=hook`
  ]);
  await Promise.all(left.map((container) => context.engine.removeContainer(container.id, { force: true })));
}
function hookFailureText({ when, argv, service }, code, last = "") {
  const what = `${when}-release: "${formatCommand(argv)}"`;
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(?<why>.*)$/.exec(
    last
  );
  if (refusal !== null)
    return `${what} could not be started in ${service}: ${refusal.groups?.["why"] ?? ""}.`;
  if (code === 137) return `${what} was killed in ${service} (exit code 137), most often for want of memory.`;
  return `${what} failed in ${service} with ${code === void 0 ? "a signal" : `exit code ${code}`}.`;
}

// src/rollout/start-services.ts
async function startServices(context, id, slot, services, { only } = {}) {
  const release = releaseById(context, id);
  const confidential = requireConfidential(context, id);
  const [existing] = await Promise.all([
    listReleaseContainers(context, id),
    ensureSlotNetworks(context.engine, context.appEnvironment)
  ]);
  await moveToSlot(context, existing, slot);
  const existingForServices = existing.filter((container) => services.includes(serviceOf(container) ?? ""));
  if (only === void 0)
    await Promise.all(existingForServices.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, id, slot, services, { only });
  const missing2 = only === void 0 ? { services, options: [] } : missingReplicas(existingForServices, services, only);
  if (missing2.services.length === 0) return "all are there";
  const which2 = [...missing2.options, ...missing2.services];
  await createAndWriteFiles(context, release, slot, missing2.services, which2);
  const alone = only === void 0 ? [] : ["--no-deps"];
  const up = ["up", "--detach", "--no-build", "--pull", "never", "--no-recreate", ...alone, ...which2];
  await runComposeWithTimeout(
    context,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    up,
    release.health.timeout
  );
  return `project ${releaseProject(release)}`;
}
function missingReplicas(existing, services, only) {
  const missing2 = services.filter(
    (service) => existing.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0)
  );
  const scales = missing2.map((service) => `--scale=${service}=${only[service]}`);
  return { services: missing2, options: scales };
}
async function createAndWriteFiles(context, release, slot, services, which2) {
  const confidential = requireConfidential(context, release.id);
  const files = filesToWrite(release, confidential, services);
  if (files.size === 0) return;
  const create = ["create", "--no-build", "--pull", "never", "--no-recreate", ...which2];
  await runComposeWithTimeout(
    context,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    create,
    release.health.timeout
  );
  for (const container of await inspectReleaseContainers(context, release.id, [...files.keys()])) {
    if (container.state === "running") continue;
    for (const [folder, content] of files.get(serviceOf(container) ?? "") ?? []) {
      await context.engine.writeFiles(container.id, folder, content);
    }
  }
}

// src/rollout/state-store.ts
var EMPTY_IMAGE = { repository: "sealift/nothing", tag: "1" };
var STATE_MOUNT = APP_VOLUME_MOUNT;
var stateContainerName = (appEnvironment) => `${baseProject(appEnvironment)}-records`;
async function readState(engine, appEnvironment, containers) {
  const mounted = containers.find(
    (container) => ["records", "edge"].includes(container.labels[LABEL.role] ?? "")
  );
  if (mounted !== void 0) return engine.readFiles(mounted.id, STATE_MOUNT);
  const volume = await engine.inspectVolume(stateVolume(appEnvironment));
  if (volume === void 0) return /* @__PURE__ */ new Map();
  checkStateOwner(engine, appEnvironment, volume.labels);
  const stateContainer = await createStateContainer(engine, appEnvironment);
  try {
    return await engine.readFiles(stateContainer, STATE_MOUNT);
  } finally {
    await engine.removeContainer(stateContainer);
  }
}
function checkStateOwner(engine, appEnvironment, labels) {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === void 0 || environment === void 0) return;
  if (app === appEnvironment.app && environment === appEnvironment.environment) return;
  throw new ConfigurationError(
    `app: ${appEnvironment.app} in the environment ${appEnvironment.environment} would be called ${baseProject(appEnvironment)} on ${engine.host}, and so is ${app} in the environment ${environment}, which is there already. Give one of them another name: "app" or "environment".`
  );
}
async function saveRecords(engine, appEnvironment, records) {
  const { file, content } = writeRecords(records);
  const files = /* @__PURE__ */ new Map([[file, { content, mode: 384 }]]);
  try {
    await engine.writeFiles(stateContainerName(appEnvironment), STATE_MOUNT, files);
  } catch (error2) {
    if (!(error2 instanceof NotFound)) throw error2;
    await createStateContainer(engine, appEnvironment);
    await engine.writeFiles(stateContainerName(appEnvironment), STATE_MOUNT, files);
  }
}
function recordsFromFiles(files) {
  return files.size === 0 ? NO_RECORDS : readRecords(files);
}
async function createStateContainer(engine, appEnvironment) {
  await ensureStateVolume(engine, appEnvironment);
  const reference = `${EMPTY_IMAGE.repository}:${EMPTY_IMAGE.tag}`;
  if (await engine.inspectImage(reference) === void 0)
    await engine.importEmptyImage(EMPTY_IMAGE.repository, EMPTY_IMAGE.tag);
  try {
    return await engine.createContainer(stateContainerName(appEnvironment), {
      Image: reference,
      Cmd: ["never-started"],
      Labels: { ...labelsOf(appEnvironment), [LABEL.role]: "records" },
      HostConfig: { Mounts: [{ Type: "volume", Source: stateVolume(appEnvironment), Target: STATE_MOUNT }] }
    });
  } catch (error2) {
    if (error2 instanceof Conflict) return stateContainerName(appEnvironment);
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
  const counted = ranges.reduce((all, { count }) => all + count, 0);
  const middle = ranges.reduce((all, range) => all + range.count * range.middle, 0) / Math.max(1, counted);
  const spread = ranges.reduce(
    (all, range) => all + range.count * ((range.middle - middle) ** 2 + range.width ** 2 / 12),
    0
  );
  return { mean: sum / total, variance: spread / Math.max(1, counted), count: total };
}

// src/rollout/canary-analysis.ts
var MIN_ERRORS = 3;
var MIN_LATENCY_DIFFERENCE = 5e-3;
var hasEnoughRequests = ({ own }, limits) => own.all.count >= limits.minRequests;
function findBreach(comparison, limits) {
  const known = (baselineResponses(comparison, limits, "all")?.count ?? 0) >= limits.minRequests;
  const few = !hasEnoughRequests(comparison, limits);
  const failing = few && !known ? void 0 : errorBreach(comparison, limits);
  return failing ?? (few ? noAnswerBreach(comparison, limits) : latencyBreach(comparison, limits));
}
function errorBreach(comparison, limits) {
  const own = comparison.own.all;
  if (own.errors < MIN_ERRORS) return void 0;
  const other = baselineResponses(comparison, limits, "all");
  const least = differenceLowerBound(
    { count: own.errors, total: own.count },
    { count: other?.errors ?? 0, total: other?.count ?? 0 }
  );
  if (least <= limits.maxErrors) return void 0;
  const ours = `${percentText(own.errors, own.count)} of ${countText(own.count)} answers of the new release are 5xx`;
  const theirs = other === void 0 || other.count === 0 ? "" : `, ${percentText(other.errors, other.count)} of ${countText(other.count)} of the old one`;
  return `${ours}${theirs}: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)})`;
}
function noAnswerBreach(comparison, limits) {
  const { own, waiting } = comparison;
  const answered = baselineResponses(comparison, limits, "all")?.count ?? 0;
  if (own.all.count > 0 || waiting < MIN_ERRORS || answered < limits.minRequests) return void 0;
  return `the new release has answered none of its requests, and ${countText(waiting)} wait; the old one has answered ${countText(answered)}`;
}
function latencyBreach(comparison, limits) {
  const own = comparison.own.warm;
  const other = baselineResponses(comparison, limits, "warm");
  if (other === void 0 || own.timed < limits.minRequests) return void 0;
  const [ours, theirs] = [latencyStatistics(own), latencyStatistics(other)];
  if (ours.mean - theirs.mean < MIN_LATENCY_DIFFERENCE || !significantlyExceeds(ours, theirs, limits.maxLatencyRatio))
    return void 0;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${secondsText(ours.mean)} (${countText(own.timed)} requests), the old one after ${secondsText(theirs.mean)} (${countText(other.timed)}): ${times} times as long, more than canary-max-latency-ratio allows (${limits.maxLatencyRatio})`;
}
function baselineResponses({ other, before }, limits, which2) {
  if (other === void 0) return void 0;
  const now = other[which2];
  const longer = [now, ...before.map((earlier) => addStats(earlier, now))];
  return longer.find(({ count }) => count >= limits.minRequests) ?? longer.at(-1);
}
var latencyStatistics = ({ timed, seconds: sum, histogram: times }) => statisticsFromHistogram(timed, times, sum);
function canaryFigures(comparison, limits) {
  const other = baselineResponses(comparison, limits, "all");
  return {
    own: responseFigures(comparison.own.all),
    other: other === void 0 || other.count === 0 ? void 0 : responseFigures(other),
    ...hasEnoughRequests(comparison, limits) ? {} : { few: true },
    ...isInconclusive(comparison, limits) ? { unsure: true } : {}
  };
}
function isInconclusive(comparison, limits) {
  if (!hasEnoughRequests(comparison, limits) || findBreach(comparison, limits) !== void 0) return false;
  const rate = ({ errors, count }) => count === 0 ? 0 : errors / count;
  const other = baselineResponses(comparison, limits, "all") ?? NO_REQUESTS;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}
var responseFigures = ({ count, errors, timed, seconds: sum }) => ({
  requests: count,
  errors,
  latency: timed === 0 ? void 0 : sum / timed * 1e3
});
function comparisonText(comparison, limits) {
  const { own } = comparison;
  const other = baselineResponses(comparison, limits, "all");
  const versus = other === void 0 || other.count === 0 ? "" : `; the old release: ${responsesText(other)}`;
  const unsure = isInconclusive(comparison, limits) ? `: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)}), but so few may be chance` : "";
  return `${responsesText(own.all)}${versus}${unsure}`;
}
function tooFewRequestsText({ own }, limits) {
  return `${countText(own.all.count)} requests are too few to judge by (canary-min-requests is ${countText(limits.minRequests)})`;
}
function responsesText(answers) {
  const { mean, count: total } = latencyStatistics(answers);
  const errors = `${countText(answers.count)} ${answers.count === 1 ? "request" : "requests"}, ${percentText(answers.errors, answers.count)} of them 5xx`;
  return total === 0 ? errors : `${errors}, answered after ${secondsText(mean)}`;
}
var countText = (count) => count.toLocaleString("en-US");
function percentText(part, total) {
  const value = total === 0 ? 0 : part / total * 100;
  if (value >= 10 || value === 0) return `${Math.round(value)}%`;
  return `${Number(value.toPrecision(2))}%`;
}
var secondsText = (time) => time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1e3).toPrecision(2))} ms`;

// src/rollout/watch-release.ts
var SAMPLE_INTERVAL = 2e3;
var MIN_SAMPLE_INTERVAL = 100;
async function watchRelease(context, action) {
  const watcher = await ContainerWatcher.start(context, { ...action, whenText: "while it was watched" });
  const end = performance.now() + action.duration;
  try {
    const sampler = action.limits === void 0 ? void 0 : await openMetricsSampler(context, action);
    for (; ; ) {
      const tolerated = await watcher.checkContainers();
      await sampler?.sample(watcher.signal);
      recordFigures(context, action, sampler);
      checkLimits(context, action, sampler);
      const left = end - performance.now();
      if (left <= 0) return [...watchSummary(context, action, sampler), ...tolerated].join("; ");
      await watcher.notifier.wait(Math.min(left, sampler === void 0 ? left : sampleInterval(action)));
    }
  } finally {
    await watcher.close();
  }
}
var sampleInterval = (action) => Math.min(SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, action.duration / 10));
function recordFigures(context, action, sampler) {
  if (action.limits === void 0 || sampler?.comparison === void 0) return;
  context.runState.watchResults.set(action, canaryFigures(sampler.comparison, action.limits));
}
function checkLimits(context, { limits }, sampler) {
  if (limits === void 0 || sampler?.comparison === void 0) return;
  const breach = findBreach(sampler.comparison, limits);
  if (breach !== void 0) throw new HostError(context.engine.host, `${breach}.`);
}
function watchSummary(context, action, sampler) {
  const { limits } = action;
  if (limits === void 0) return [`well for ${formatDuration(action.duration)}`];
  if (sampler === void 0) return ["no edge, so only the containers were watched"];
  const { comparison } = sampler;
  if (comparison === void 0 || sampler.lastError !== void 0) {
    throw new HostError(
      context.engine.host,
      `the edge did not say what it answers: ${messageWithoutHost(context.engine.host, sampler.lastError)}`,
      { cause: sampler.lastError }
    );
  }
  const seen = [
    comparisonText(comparison, limits),
    ...sampler.edgeRestarted ? ["the edge was started anew meanwhile, and a moment is not counted"] : []
  ];
  if (hasEnoughRequests(comparison, limits)) return seen;
  const few = tooFewRequestsText(comparison, limits);
  if (limits.onTooFewRequests === "fail") {
    throw new HostError(
      context.engine.host,
      `${few}. Watch longer, or let it go on with "canary-too-few: go-on".`
    );
  }
  return [...seen, few];
}

// src/rollout/perform-action.ts
async function performAction(context, action) {
  switch (action.kind) {
    case "pull-images":
      return inParallel(recordCountersAtStart(context), pullImages(context, action.release));
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
    case "ensure-accessories":
      return ensureAccessories(context, action.release, action.services, action.recreate);
    case "record-release":
      return inParallel(
        recordCountersAtStart(context),
        updateRecords(context, withRelease(context.runState.records, releaseById(context, action.release)))
      );
    case "start-services":
      return action.how === "start" ? startExistingContainers(context, action.release, action.slot, action.services, action) : startServices(context, action.release, action.slot, action.services, action);
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
      return stopServices(context, action.release, action.services, action.evidence, action);
    case "accept-release":
      return updateRecords(
        context,
        withEvent(context.runState.records, createHistoryEntry(context, "accepted", action))
      );
    case "record-rollback":
      return updateRecords(
        context,
        withEvent(context.runState.records, createHistoryEntry(context, "rolled-back", action))
      );
    case "prune-releases":
      return pruneReleases(context, action.releases);
  }
}
async function inParallel(other, one) {
  const [answer] = await Promise.all([one, other]);
  return answer;
}
function createHistoryEntry(context, event, action) {
  return {
    at: (/* @__PURE__ */ new Date()).toISOString(),
    event,
    release: action.release,
    previous: action.previous,
    actor: context.triggeredBy.actor,
    runUrl: context.triggeredBy.runUrl,
    ...action.command === void 0 ? {} : { command: action.command, fleet: context.fleetHosts }
  };
}
async function updateRecords(context, records) {
  await saveRecords(context.engine, context.appEnvironment, records);
  context.runState.records = records;
}
async function pruneReleases(context, ids) {
  const records = context.runState.records.releases;
  const gone = records.filter((release) => ids.includes(release.id));
  await removeReleaseContainers(context, ids);
  await removeImages(
    context,
    gone,
    records.filter((release) => !ids.includes(release.id))
  );
  await updateRecords(context, withoutReleases(context.runState.records, ids));
  return `${ids.length} removed`;
}

// src/rollout/run-stages.ts
async function runStages(plan, perform, callbacks) {
  const run = new PlanExecution(plan, perform, callbacks);
  for (const [stage, hosts] of stageSequence(plan)) {
    const failures = await run.runStage(stage, hosts);
    if (failures.length > 0) return run.rollBack(stage, failures);
  }
  const warnings = [];
  for (const stage of COMMITTED_STAGES) {
    const failures = await run.runStage(stage, [...plan.hosts.keys()]);
    warnings.push(
      ...failures.map(
        ({ host, error: error2, cancelled }) => cancelled ? cancelledAfterAcceptText(plan, run.steps) : messageWithHost(host, error2)
      )
    );
  }
  return { kind: "succeeded", steps: run.steps, warnings: [...new Set(warnings)] };
}
function cancelledAfterAcceptText({ hosts }, steps) {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const started = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(
    ([host, stages]) => (stages["after-release"] ?? []).flatMap(
      ({ action }) => action.kind === "run-hook" && !ended.has(action) ? [
        ` after-release ${started.has(action) ? "was cut short" : "was not run"} and no later deploy of this release runs it: ${formatCommand(action.argv)} (in ${action.service} on ${host}).`
      ] : []
    )
  );
  return [
    "The job was cancelled when the release was accepted already: it stays live.",
    " What was still to be stopped or removed is left to the next deploy.",
    ...lost
  ].join("");
}
function stageSequence({ hosts, waves }) {
  const all = [...hosts.keys()];
  const moving = waves.filter(
    (wave) => wave.some((host) => WAVE_STAGES.some((stage) => hosts.get(host)?.[stage] !== void 0))
  ).flatMap((wave) => WAVE_STAGES.map((stage) => [stage, wave]));
  return [
    ["recover", all],
    ["pull", all],
    ...moving,
    ["complete", all],
    ["final-check", all],
    ["accept", all]
  ];
}
var INTERRUPTIBLE_ACTIONS = /* @__PURE__ */ new Set([
  "pull-images",
  "check-health",
  "watch-release",
  "final-check",
  "drain-traffic"
]);
var ABORT_GRACE = 5e3;
var PlanExecution = class {
  steps = [];
  #plan;
  #perform;
  #callbacks;
  #startedAt = performance.now();
  /** By host, in order. */
  #startedSteps;
  /** Aborted by the first failure: what the other hosts wait for is of no use any more. */
  #abortWaits = new AbortController();
  /** Aborted a moment later, for what changes something: cut in the middle it might leave more to take back than is known. */
  #abortChanges = new AbortController();
  #abortTimer;
  constructor(plan, perform, callbacks) {
    this.#plan = plan;
    this.#perform = perform;
    this.#callbacks = callbacks;
    this.#startedSteps = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }
  /** Does a stage on some hosts, side by side. What ends there because another host failed is no failure of its own. */
  async runStage(runStage, hosts) {
    const busy = hosts.filter((host) => this.#stepsOf(host, runStage).length > 0);
    if (busy.length > 0) this.#callbacks.onStageStart?.(runStage, busy);
    const all = (await Promise.all(busy.map((host) => this.#runStageOnHost(host, runStage)))).flat();
    const cancelled = all.find((failure) => failure.cancelled);
    const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
    if (failures.length > 0 || runStage !== "verify") return failures;
    try {
      await this.#callbacks.verify?.();
      return [];
    } catch (error2) {
      return [
        this.#callbacks.signal.aborted ? this.#cancellation(runStage) : { host: void 0, stage: runStage, action: void 0, error: error2 }
      ];
    }
  }
  #stepsOf(host, stage) {
    return this.#plan.hosts.get(host)?.[stage] ?? [];
  }
  #cancellation(runStage) {
    return {
      host: void 0,
      stage: runStage,
      action: void 0,
      cancelled: true,
      error: new SealiftError("The job was cancelled.", { cause: this.#callbacks.signal.reason })
    };
  }
  async #runStageOnHost(host, stage) {
    const warnings = [];
    for (const step2 of this.#stepsOf(host, stage)) {
      if (this.#callbacks.signal.aborted) return [this.#cancellation(stage)];
      if (this.#abortWaits.signal.aborted) return [];
      this.#startedSteps.get(host)?.push(step2);
      const over = INTERRUPTIBLE_ACTIONS.has(step2.action.kind) ? this.#abortWaits : this.#abortChanges;
      const signal = AbortSignal.any([this.#callbacks.signal, over.signal]);
      const failure = await this.#performStep(host, stage, step2.action, signal, false);
      if (failure === void 0) continue;
      if (isCausedByAbort(failure.error, signal))
        return this.#callbacks.signal.aborted ? [this.#cancellation(stage)] : [];
      if (!COMMITTED_STAGES.has(stage)) {
        this.#abortOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      warnings.push(failure);
    }
    return warnings;
  }
  #abortOthers(why) {
    this.#abortWaits.abort(why);
    this.#abortTimer ??= setTimeout(() => this.#abortChanges.abort(why), ABORT_GRACE).unref();
  }
  /** Takes everything back that was begun. What can't be is told, and the rest is taken back all the same. */
  async rollBack(stage, failures) {
    clearTimeout(this.#abortTimer);
    const neverAborted = new AbortController().signal;
    const undos = [...this.#startedSteps].flatMap(([host, started]) => {
      const actions = started.toReversed().flatMap((step2) => step2.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0)
      this.#callbacks.onStageStart?.(
        "roll-back",
        undos.map(({ host }) => host)
      );
    const failedUndos = await Promise.all(
      undos.map(async ({ host, actions }) => {
        const remains = [];
        for (const action of actions) {
          const failure = await this.#performStep(host, stage, action, neverAborted, true);
          if (failure !== void 0) remains.push(failure);
        }
        return remains;
      })
    );
    return {
      kind: "rolled-back",
      steps: this.steps,
      failures,
      evidence: this.#callbacks.collectedEvidence(),
      undoFailures: failedUndos.flat()
    };
  }
  async #performStep(host, runStage, action, signal, undo) {
    const start = performance.now();
    this.#callbacks.onStepStart(host, runStage, action);
    const end = (ok, note, error2) => {
      const took = performance.now() - start;
      const aborted = !ok && isCausedByAbort(error2, signal) ? { aborted: true } : {};
      const watched = this.#callbacks.watchResultOf?.(action);
      const result = {
        ...{ host, stage: runStage, action, at: start - this.#startedAt, took, ok, undo, note, ...aborted },
        ...watched === void 0 ? {} : { watched }
      };
      this.steps.push(result);
      this.#callbacks.onStepEnd(result, error2);
    };
    try {
      end(true, await this.#perform(host, action, signal), void 0);
      return void 0;
    } catch (error2) {
      end(false, void 0, error2);
      return { host, stage: runStage, action, error: error2 };
    }
  }
};
function isCausedByAbort(error2, signal) {
  if (!signal.aborted) return false;
  for (let each = error2; each !== void 0; each = each instanceof Error ? each.cause : void 0) {
    if (each === signal.reason || each instanceof Error && each.name === "AbortError") return true;
  }
  return false;
}

// src/rollout/url-check.ts
import { setTimeout as pause2 } from "node:timers/promises";
var REQUIRED_SUCCESSES = 3;
var URL_CHECK_INTERVAL = 200;
var RESPONSE_TIMEOUT = 5e3;
async function checkUrl(check, signal, interval = URL_CHECK_INTERVAL) {
  const end = performance.now() + check.timeout;
  let last;
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await requestUrl(check, signal, Math.min(RESPONSE_TIMEOUT, left));
    signal.throwIfAborted();
    if (last === void 0 || !answer.timedOut || left >= RESPONSE_TIMEOUT) last = answer;
    inARow = answer.ok ? inARow + 1 : 0;
    if (inARow === REQUIRED_SUCCESSES) return `${answer.text}, ${REQUIRED_SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw unexpectedAnswerError(check, last);
    await pause2(interval, void 0, { signal }).catch(() => signal.throwIfAborted());
  }
}
function unexpectedAnswerError({ url, timeout }, last) {
  const lastText = last.ok ? `it answered ${last.text}, but not ${REQUIRED_SUCCESSES} times in a row` : last.text;
  return new SealiftError(
    `url: ${url} did not answer as expected within ${formatDuration(timeout)}: ${lastText}. Check the address, "url-status" and "url-body", or give it longer with "url-timeout".`
  );
}
async function requestUrl(check, signal, timeout) {
  try {
    const response = await fetch(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { "user-agent": "sealift", "cache-control": "no-cache" },
      // Who expects nothing but redirects wants to see them, not where they lead.
      redirect: check.status.every((status2) => status2 >= 300 && status2 < 400) ? "manual" : "follow"
    });
    const body = await response.text();
    if (!check.status.includes(response.status)) return { ok: false, text: `it answered ${response.status}` };
    if (!bodyMatches(body, check.body)) {
      return { ok: false, text: `it answered ${response.status}, but its body does not match "url-body"` };
    }
    return { ok: true, text: `${response.status}` };
  } catch (error2) {
    const timedOut = error2 instanceof DOMException && error2.name === "TimeoutError";
    return timedOut ? { ok: false, timedOut, text: `no answer within ${formatDuration(timeout)}` } : { ok: false, text: rootCauseText(error2) };
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

// src/rollout/execute-plan.ts
async function executePlan(plan, inputs, callbacks) {
  const evidence = [];
  const watched = /* @__PURE__ */ new Map();
  const contexts = new Map(
    inputs.engines.map((engine) => [
      engine.host,
      createHostContext(engine, inputs, { evidence, watchResults: watched })
    ])
  );
  const { url } = inputs.options;
  let answer;
  const outcome = await runStages(
    plan,
    async (host, action, signal) => {
      const context = contexts.get(host);
      return context === void 0 ? void 0 : performAction({ ...context, signal, jobCancelled: inputs.signal.aborted }, action);
    },
    {
      ...callbacks,
      verify: url === void 0 ? void 0 : async () => {
        answer = await checkUrl(url, inputs.signal);
        inputs.tools.log.info(`url: ${url.url} answered ${answer}`);
        return answer;
      },
      collectedEvidence: () => evidence,
      watchResultOf: (action) => watched.get(action),
      signal: inputs.signal
    }
  );
  return { outcome, answer };
}
function createHostContext(engine, inputs, runState) {
  const records = inputs.observations.find(({ host }) => host.host === engine.host)?.records ?? {
    sequence: 0,
    releases: [],
    history: []
  };
  return {
    engine,
    appEnvironment: inputs.appEnvironment,
    releases: new Map([...records.releases, inputs.release].map((release) => [release.id, release])),
    confidential: inputs.confidential,
    settings: {
      edgeImage: inputs.options.edgeImage,
      drainTimeout: inputs.options.drainTimeout,
      acme: inputs.options.acme
    },
    run: inputs.tools.run,
    log: inputs.tools.log,
    environment: inputs.environment,
    lookUpLayers: inputs.lookUpLayers,
    triggeredBy: inputs.triggeredBy,
    fleetHosts: inputs.engines.map(({ host }) => host),
    jobCancelled: false,
    signal: inputs.signal,
    runState: { records, healthyContainers: /* @__PURE__ */ new Map(), drainedReleases: /* @__PURE__ */ new Set(), ...runState }
  };
}

// src/deployment-plan.ts
function planDeployment(deployment, hosts) {
  const { release, waves } = deployment;
  const bake = proxyOverlap(release, hosts, deployment.bake);
  return planFleet(hosts, { ...deployment, bake, edgeFingerprint: requiredEdgeFingerprint(release) }, waves);
}
async function executeAndReplan(first, deployment) {
  const refusals = [];
  let plan = first;
  let current = deployment;
  let before;
  for (; ; ) {
    const { outcome: last, answer } = await executeOnce(plan, current);
    const outcome = before === void 0 ? last : joinOutcomes(before, last);
    const newFailedRestarts = onlyFailedRestarts(last, deployment.release.id).filter(
      (one) => isHostConnected(deployment, one.host) && !refusals.some((other) => isSameRestart(one, other))
    );
    if (newFailedRestarts.length === 0 || deployment.context.signal.aborted) return { outcome, answer };
    for (const refusal of newFailedRestarts) warnOfFailedRestart(refusal, deployment);
    refusals.push(...newFailedRestarts);
    before = outcome;
    const observations = await deployment.fleet.observe(deployment.target);
    const hosts = observations.map(({ host }) => host);
    plan = planDeployment(deployment, markRestartFailed(hosts, refusals));
    current = { ...deployment, observations };
  }
}
var isSameRestart = (one, other) => one.host === other.host && one.action.release === other.action.release;
var isHostConnected = ({ fleet }, host) => fleet.engines.some((engine) => engine.host === host && !engine.disconnected.aborted);
function warnOfFailedRestart({ host, action, error: error2 }, { context, release }) {
  const warning2 = `${sentence(messageWithHost(host, error2))} So ${action.release}, which an interrupted run had stopped there, can't be brought back, and ${release.id} is deployed without it.`;
  context.tools.log.warning(warning2);
  context.report.warnings = [...context.report.warnings, warning2];
}
async function executeOnce(plan, deployment) {
  const { context } = deployment;
  const { log } = context.tools;
  const hosts = [...plan.hosts.keys()];
  const environment = stagesOf(plan).includes("pull") ? await deployment.environment() : programEnvironment();
  const what = deployment.command === "rollback" ? "Roll back to" : "Deploy";
  const startedAt = performance.now();
  return group(
    `${what} ${deployment.release.id}: ${stagesOf(plan).join(" → ")}`,
    () => executePlan(
      plan,
      {
        appEnvironment: deployment.target,
        engines: deployment.fleet.engines,
        observations: deployment.observations,
        release: deployment.release,
        confidential: deployment.confidential,
        options: deployment.options,
        tools: context.tools,
        environment,
        lookUpLayers: createLayerLookup(context, environment),
        triggeredBy: context.triggeredBy,
        signal: context.signal
      },
      {
        onStageStart: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - startedAt)),
        onStepStart: (host, stage, action) => {
          log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
          const line = stepStartLine(host, action, hosts);
          if (line !== void 0) log.info(line);
        },
        onStepEnd: (result, error2) => log.info(stepLine(result, error2, hosts))
      }
    )
  );
}

// src/report/failures.ts
function describeFailures(failures) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { host, error: error2 } of failures) {
    const message = messageWithoutHost(host ?? "", error2);
    const named = hosts.get(message) ?? [];
    hosts.set(message, host === void 0 || named.includes(host) ? named : [...named, host]);
  }
  return [...hosts].map(([message, named]) => named.length === 0 ? message : `${joinWithAnd(named)}: ${message}`).join(" · ");
}
function combineFailures(failures) {
  const errors = failures.flatMap(({ error: error2 }) => error2 instanceof SealiftError ? error2 : []);
  const shown = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(describeFailures(failures), {
    evidence: [...new Set(shown.flatMap(({ evidence }) => evidence))],
    alreadyLogged: shown.every(({ alreadyLogged: told }) => told)
  });
}

// src/report/hosts.ts
function commonRelease(hosts) {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => unknown ? void 0 : is));
  return others.length === 0 ? first : void 0;
}
function statusReport(host) {
  const live = liveRelease(host);
  const condition = live?.observed === void 0 ? "NOT healthy" : releaseHealthText(host, live.observed);
  const since = live === void 0 ? void 0 : lastAcceptanceOf(host.history, live.id)?.at;
  const why = live === void 0 ? "nothing is deployed here" : `${live.id} is live${since === void 0 ? ", but was never accepted" : ` since ${since}`}, ${condition}${sharedTrafficText(host)}`;
  const kept = [...host.releases].map((release) => keptRelease(host, release, release.id === live?.id)).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  return { host: host.host, was: live?.id, is: live?.id, why, kept };
}
function sharedTrafficText({ traffic }) {
  return traffic?.splitWith === void 0 ? "" : `; some of its requests go to ${traffic.splitWith}, whose deploy goes on or was cut short`;
}
function releaseHealthText(host, live) {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== "running")
    return `NOT healthy: its edge is ${host.edge.state}`;
  return isFullyUp(live) ? "healthy" : "NOT healthy";
}
function keptRelease(host, release, live) {
  const accepted = lastAcceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    live,
    whole: isFullyUp(release),
    condition: releaseCondition(release)
  };
}
function releaseCondition({ containers, record }) {
  if (containers.length === 0) return "its containers are gone, its image and record are kept";
  const staying = containers.filter(
    ({ service, state, exitCode }) => !(record?.services[service]?.oneShot === true && state === "exited" && exitCode === 0)
  );
  const running = staying.filter(({ state }) => state === "running");
  if (running.length === 0) return `${containers.length} stopped`;
  const well = running.filter(({ health }) => health === void 0 || health === "healthy");
  return `${well.length} of ${staying.length} ${running.some(({ health }) => health !== void 0) ? "healthy" : "running"}`;
}
function stepReports(steps, failures = []) {
  return steps.map((step2, index) => ({
    host: step2.host,
    stage: step2.stage,
    text: actionText(step2.action),
    at: Math.round(step2.at),
    took: Math.round(step2.took),
    ok: step2.ok,
    ...step2.aborted ? { ended: step2.aborted } : {},
    undo: step2.undo,
    note: step2.note ?? failureNote(step2, failures),
    ...step2.watched === void 0 ? {} : { judged: { ...step2.watched, share: shareAt(step2.host, steps.slice(0, index)) } }
  }));
}
function failureNote({ host, action }, failures) {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === void 0 ? void 0 : messageWithoutHost(host, failure.error);
}
function shareAt(host, steps) {
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
        at: void 0,
        took: void 0,
        ok: void 0,
        undo: false,
        note: step2.reason
      }))
    )
  );
}

// src/report/outcome-text.ts
var TRAFFIC_ACTIONS = /* @__PURE__ */ new Set([
  "switch-traffic",
  "split-traffic",
  "balance-replicas"
]);
var movesTraffic = (step2) => isDeployStep(step2) && TRAFFIC_ACTIONS.has(step2.action.kind);
function trafficText(live, steps) {
  if (steps.some(movesTraffic)) return `Traffic is on ${live} again`;
  const stopped = stoppedServices(live, steps);
  if (steps.some(({ action, stage }) => stage === "recover" && TRAFFIC_ACTIONS.has(action.kind)))
    return `Traffic is on ${live}`;
  if (stopped.length === 0) return `Traffic stayed on ${live}`;
  const [were, serve] = stopped.length === 1 ? ["was", "serves"] : ["were", "serve"];
  return `${joinWithAnd(stopped)} of ${live} ${were} stopped for it and ${serve} again`;
}
function failedReleaseText(wanted, steps) {
  const started = steps.some(
    (step2) => isDeployStep(step2) && step2.action.kind === "start-services" && step2.action.release === wanted
  );
  return started ? `${wanted} is stopped` : `nothing of ${wanted} was started`;
}
var isDeployStep = ({ undo, stage }) => !undo && stage !== "recover";
function stoppedServices(live, steps) {
  return [
    ...new Set(
      steps.flatMap(
        (step2) => isDeployStep(step2) && step2.action.kind === "stop-services" && step2.action.release === live ? step2.action.services : []
      )
    )
  ];
}

// src/report/failure-state.ts
function failureState(hosts, wanted, outcome) {
  if (hosts.some(({ stuck }) => stuck)) return incompleteRollbackText(hosts, outcome);
  return servingText(hosts, wanted, outcome) + repairedText(hosts);
}
function servingText(hosts, wanted, { steps }) {
  if (hosts.every(({ is }) => is === void 0)) {
    const as = hosts.every(isAsBefore) ? ", as before" : "";
    return `Nothing is live${as}; accessories, networks and volumes that were made stay.`;
  }
  const live = commonRelease(hosts);
  if (live === wanted) return `${wanted} has the traffic, as before; what was to be mended is not.`;
  if (live !== void 0) return `${trafficText(live, steps)}; ${failedReleaseText(wanted, steps)}.`;
  const all = hosts.every(isAsBefore) ? "Every host serves what it served before" : "The hosts serve";
  return `${all} (${releaseByHost(hosts)}); ${failedReleaseText(wanted, steps)}.`;
}
var isAsBefore = ({ was, is }) => was === is;
function repairedText(hosts) {
  const others = hosts.filter((host) => !isAsBefore(host));
  if (others.length === 0) return "";
  const before = others.map(({ host, was }) => `${host}: ${was ?? "nothing"}`).join(", ");
  return ` An interrupted run had left ${joinWithAnd(others.map(({ host }) => host))} otherwise (${before}): that was mended first.`;
}
function incompleteRollbackText(hosts, { failures, undoFailures: left }) {
  const reportedMessages = new Set(failures.map(({ host, error: error2 }) => messageWithoutHost(host ?? "", error2)));
  const first = new Map([...left].reverse().map((failure) => [failure.host, failure]));
  const newFailures = [...first.values()].filter(isFailedCheck).map(notUpFailure);
  for (const each of first.values()) {
    if (!isFailedCheck(each) && !reportedMessages.has(messageWithoutHost(each.host ?? "", each.error)))
      newFailures.push(each);
  }
  const why = newFailures.length === 0 ? "" : ` ${sentence(describeFailures(newFailures))}`;
  const where = joinWithAnd(hosts.filter((host) => host.stuck === true).map(({ host }) => host));
  const well = hosts.filter((host) => host.stuck !== true);
  const as = well.every(isAsBefore) ? "what they served before " : "";
  const others = well.length === 0 ? "" : ` The others serve ${as}(${releaseByHost(well)}).`;
  const known = hosts.filter((host) => host.stuck === true && host.unknown !== true);
  const asked = known.every(isAsBefore) ? "as before " : "";
  const serving = known.length === 0 ? "" : ` Requests are answered ${asked}on ${releaseByHost(known)}.`;
  const what = left.length === 0 ? "MENDED" : "TAKEN BACK";
  return `NOT EVERYTHING COULD BE ${what} on ${where}.${why}${serving}${others} Look at ${where} now.`;
}
var isFailedCheck = (failure) => failure.action?.kind === "check-health";
var notUpFailure = ({ host, action, error: error2 }) => ({
  host,
  error: new SealiftError(
    `${action.release} did not come up again: ${messageWithoutHost(host ?? "", error2)}`
  )
});
var releaseByHost = (hosts) => hosts.map(({ host, is }) => `${host}: ${is ?? "nothing"}`).join(", ");

// src/report/deploy-result.ts
function deployResultOf(before, release, outcome) {
  const hosts = before.map((observed) => hostResultOf(observed, release, outcome));
  const hasChanges = outcome.steps.some(isNoticeable);
  return outcome.kind === "succeeded" ? makeDeployResult("deployed", hosts, `${release.id} is live.`) : hasChanges ? makeDeployResult(
    "rolled-back",
    hosts,
    failureState(hosts, release.id, outcome) + unhealthyWarning(before, hosts, outcome)
  ) : makeDeployResult("failed", hosts, "Nothing was deployed.");
}
function unchangedResult(before, { id }) {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: "already live", kept: [] }));
  return makeDeployResult("unchanged", hosts, NOTHING_CHANGED_TEXT);
}
var NOTHING_CHANGED_TEXT = "Nothing was changed.";
var makeDeployResult = (result, hosts, state) => ({
  result,
  hosts,
  state,
  live: commonRelease(hosts)
});
var isNoticeable = ({ stage, action }) => stage !== "pull" && action.kind !== "prune-releases";
function hostResultOf(observed, release, outcome) {
  const { host } = observed;
  const was = liveRelease(observed)?.id;
  const steps = outcome.steps.filter((step2) => step2.host === host);
  const downtime = downtimeOf(steps, observed, release);
  const report = { host, was, kept: [], ...downtime === void 0 ? {} : { downtime } };
  if (outcome.kind === "succeeded") {
    return { ...report, is: release.id, why: steps.length === 0 ? "already live" : "healthy" };
  }
  const failedRepair = outcome.failures.find((failure) => failure.host === host && isFailedRepair(failure));
  if (failedRepair !== void 0) {
    const cause2 = messageWithoutHost(host, failedRepair.error);
    return { ...report, is: void 0, unknown: true, stuck: true, why: `COULD NOT BE MENDED: ${cause2}` };
  }
  const left = outcome.undoFailures.filter((failure) => failure.host === host);
  const [first] = left;
  if (first === void 0)
    return { ...report, is: releaseServedAtEnd(steps, observed), why: hostReason(host, steps, outcome) };
  const cause = messageWithoutHost(host, first.error);
  const edgeless = trafficAtEnd(steps, observed) === void 0 && release.routes.length === 0;
  return edgeless || left.some(({ action }) => action === void 0 || !CLEANUP_ACTIONS.has(action.kind)) ? { ...report, is: void 0, unknown: true, stuck: true, why: `COULD NOT BE MOVED BACK: ${cause}` } : {
    ...report,
    is: releaseServedAtEnd(steps, observed),
    stuck: true,
    why: `NOT EVERYTHING COULD BE TAKEN BACK: ${cause}`
  };
}
var isFailedRepair = ({ stage, action }) => stage === "recover" && action !== void 0 && REPAIR_ACTIONS.has(action.kind);
var REPAIR_ACTIONS = /* @__PURE__ */ new Set([
  "switch-traffic",
  "balance-replicas",
  "clear-slot",
  "accept-release",
  "record-rollback"
]);
var CLEANUP_ACTIONS = /* @__PURE__ */ new Set([
  "stop-services",
  "drain-traffic",
  "record-rollback",
  "remove-edge",
  "remove-unused-front"
]);
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
  const back = steps.some(movesTraffic) ? "moved back" : "taken back";
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${back} with ${joinWithAnd(others)}`;
  return failures.some(({ cancelled }) => cancelled === true) ? `${back}, because the job was cancelled` : `${back}, because url did not answer as expected`;
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
  return ` But what serves did not run in full on ${where} when this began, and was not mended: look at it now.`;
}

// src/plan/port-handover.ts
function checkPortHandover(host, release) {
  const live = liveRelease(host)?.observed;
  if (live?.record === void 0) return;
  const edgeNow = host.edge.state === "running" ? edgePortsOf(live.record) : [];
  const taken = servicePorts(release).find(({ port }) => edgeNow.includes(port));
  if (taken !== void 0) {
    throw new ConfigurationError(
      `${host.host}: port ${taken.port} is the edge's now, and ${taken.service} is to publish it itself. Let your proxy reach ${taken.service} by a network and leave the port out; or remove the edge first (docker rm -f ${baseProject(release)}-edge on the host), and nothing answers there until the new release is up.`
    );
  }
  const running = runningServices(live);
  const desired = edgePortsOf(release);
  const own = servicePorts(live.record).find(
    ({ service, port }) => running.includes(service) && desired.includes(port)
  );
  if (own !== void 0) {
    throw new ConfigurationError(
      `${host.host}: port ${own.port} is published by ${own.service} of release ${live.id} itself, and the edge is to publish it now. Publish another port; or stop that first (docker compose -p ${releaseProject(live.record)} stop ${own.service} on the host), and nothing answers there until the new release is up.`
    );
  }
}
function edgePortsOf({ routes }) {
  return routes.flatMap((route) => route.published.map(({ port }) => port));
}
function servicePorts({ compose }) {
  return Object.entries(compose.services).flatMap(
    ([service, { ports }]) => (Array.isArray(ports) ? ports : []).map(
      (each) => each.protocol === "udp" ? Number.NaN : Number(each.published)
    ).filter((port) => Number.isSafeInteger(port)).map((port) => ({ service, port }))
  );
}

// src/plan/preflight.ts
function chooseStrategy(release, asked) {
  const { wholeRecreate } = release;
  if (wholeRecreate !== void 0) {
    if (asked === void 0 || asked.name === "recreate") return { name: "recreate" };
    throw new ConfigurationError(
      `strategy: this release can't be deployed ${asked.name}: ${wholeRecreate}. Leave "strategy"${asked.name === "canary" ? ' and "canary"' : ""} empty or set it to recreate.`
    );
  }
  if (asked?.name === "canary") checkCanary(release);
  return asked ?? { name: needsStopFirst(release) ? "rolling" : "blue-green" };
}
function needsStopFirst({ services }) {
  return Object.values(services).some(
    ({ role, update, replicas }) => role !== "exclusive" && update?.order === "stop-first" && replicas > 1
  );
}
function checkCanary({ services, routes }) {
  if (routes.length === 0) {
    throw new ConfigurationError(
      'canary: there are no visitors to share out: the release publishes no HTTP port and has no domain, or "edge" is none. Publish a port in the Compose file, or leave "canary" empty.'
    );
  }
  for (const { service } of routes) {
    const { role, because } = services[service] ?? {};
    if (role !== "exclusive") continue;
    throw new ConfigurationError(
      `canary: visitors of ${service} can't be shared out, because two of it can't run at once: ${because ?? "it is exclusive"}. Change that in the Compose file, or leave "canary" empty.`
    );
  }
}
function checkForeignPorts(host, release) {
  const domains = release.routes.some((route) => route.domains.length > 0) && !host.frontRunning;
  const needed = [
    ...release.routes.flatMap((route) => route.published.map(({ port }) => port)),
    ...domains ? [80, 443] : []
  ];
  for (const port of needed) {
    const holder = host.foreignPorts.get(port);
    if (holder !== void 0) {
      throw new ConfigurationError(
        `${host.host}: port ${port} is already taken by container "${holder}". Publish another port in the Compose file, or stop that container first.`
      );
    }
  }
}
var MAX_CONTAINER_NAME = 63;
var PLACEHOLDER_RELEASE_ID = "xxxxxxxx";
function checkContainerNames(release) {
  for (const { service } of release.routes) {
    const name = `${releaseProject({ ...release, id: PLACEHOLDER_RELEASE_ID })}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - MAX_CONTAINER_NAME;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, ${excess} characters too long to be found by that name. Give the service or the app ("app") a shorter name.`
    );
  }
}

// src/rollout/preflight.ts
async function preflight(engines, observations, outline) {
  checkContainerNames(outline);
  for (const { host } of observations) checkForeignPorts(host, outline);
  for (const { host } of observations) checkPortHandover(host, outline);
  await allOrThrow(
    [checkExternals, checkDomainsFree].flatMap((check) => engines.map((engine) => check(engine, outline)))
  );
}

// src/deployment.ts
async function deployRelease(deployment) {
  const { release, observations, context } = deployment;
  const { report } = context;
  const hosts = observations.map(({ host }) => host);
  await preflight(deployment.fleet.engines, observations, release);
  report.removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host)
  );
  if (report.removed.length > 0) context.tools.log.notice(removedHostsText(report.removed));
  const plan = planDeployment(deployment, hosts);
  report.previous = hosts.map((host) => liveRelease(host)?.id).find((id) => id !== void 0 && id !== release.id);
  Object.assign(report, {
    strategy: deployment.strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: deployment.options.url?.url ?? firstDomainUrl(release)
  });
  await group("Plan", async () => {
    for (const line of planLines(plan, release)) context.tools.log.info(line);
    for (const line of outdatedAccessoryNotices(deployment)) context.tools.log.notice(line);
  });
  if (deployment.options.dryRun) {
    if (isEmptyPlan(plan)) context.tools.log.info(nothingToDoText(release));
    const seen = hosts.map(statusReport);
    Object.assign(report, {
      result: "planned",
      state: NOTHING_CHANGED_TEXT,
      steps: plannedSteps(plan),
      hosts: seen,
      live: commonRelease(seen)
    });
    return;
  }
  for (const [host, stages] of plan.hosts) requireSecretContents(host, stages, deployment);
  if (isEmptyPlan(plan)) {
    context.tools.log.info(nothingToDoText(release));
    Object.assign(report, unchangedResult(hosts, release));
    return;
  }
  reportOutcome(deployment, await executeAndReplan(plan, deployment));
}
var nothingToDoText = ({ id }) => `Release ${id} is live on every host already: nothing to do.`;
function outdatedAccessoryNotices({
  observations,
  release,
  updateAccessories,
  command
}) {
  if (updateAccessories || command === "rollback") return [];
  const changed = new Set(observations.flatMap(({ host }) => changedAccessories(host, release)));
  return [...changed].map(
    (name) => `${name}: its definition has changed, and it is left as it is, as accessories are. accessories: update makes it anew; its volumes stay.`
  );
}
function requireSecretContents(host, stages, { release, confidential }) {
  if (release.confidential.length === 0 || confidential.has(release.id)) return;
  const steps = Object.values(stages).flat();
  if (!steps.some(({ action }) => action.kind === "start-services" && action.how === "create")) return;
  throw new ConfigurationError(
    `to: on ${host} the containers of release ${release.id} would have to be made anew, and the contents of its secrets and configs are never kept on a host. Deploy its image from a checkout of ${release.origin.revision ?? "its commit"} instead: input "image".`
  );
}
function reportOutcome(deployment, { outcome, answer }) {
  const { release, context, options } = deployment;
  const { report, tools } = context;
  const before = deployment.observations.map(({ host }) => host);
  Object.assign(report, deployResultOf(before, release, outcome));
  report.steps = stepReports(
    outcome.steps,
    outcome.kind === "succeeded" ? [] : [...outcome.failures, ...outcome.undoFailures]
  );
  report.answer = answer;
  for (const line of downtimeLines(report.hosts)) tools.log.info(line);
  if (outcome.kind === "succeeded") {
    report.warnings = [...report.warnings, ...outcome.warnings];
    for (const warning2 of outcome.warnings) tools.log.warning(warning2);
    return;
  }
  const refused = outcome.failures.some(
    ({ host, stage, cancelled }) => host === void 0 && stage === "verify" && cancelled !== true
  );
  if (options.url !== void 0 && refused) report.answer = "did not answer as expected";
  report.evidence = outcome.evidence;
  const { shown, others, title } = splitEvidence(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) tools.log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
  for (const line of hostLines(report.hosts)) tools.log.info(line);
  throw combineFailures(outcome.failures);
}
function firstDomainUrl(release) {
  const domain = release.routes.flatMap((route) => route.domains)[0];
  return domain === void 0 ? void 0 : `https://${domain}`;
}

// src/release/compose/classify-services.ts
function classifyServices(config, placeholder, problems) {
  const released = /* @__PURE__ */ new Map();
  const builders = /* @__PURE__ */ new Map();
  const services = Object.entries(config.services);
  for (const [name, service] of services) {
    const image = asText2(service["image"]);
    if (image === placeholder) released.set(name, "");
    else if (image?.includes(placeholder))
      problems.add(extendedImageProblem(name, image.replace(placeholder, "${IMAGE}")));
    else if (service["build"] !== void 0) {
      released.set(name, name);
      if (image !== void 0 && !builders.has(image)) builders.set(image, name);
    }
  }
  for (const [name, service] of services) {
    const builder = builders.get(asText2(service["image"]) ?? "");
    if (builder !== void 0 && !released.has(name)) released.set(name, builder);
  }
  if (released.size === 0) problems.add(nothingReleasedProblem(services));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: services.map(([name]) => name).filter((name) => !released.has(name))
  };
}
function extendedImageProblem(name, image) {
  return `compose-file: service ${name} has image: "${image}", but \${IMAGE} is already a whole reference with a digest. Write image: \${IMAGE}.`;
}
function nothingReleasedProblem(services) {
  if (services.length === 0) {
    return "compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input env.";
  }
  const [first] = services.map(([name, service]) => `"${asText2(service["image"]) ?? ""}" of service ${name}`);
  return `compose-file: no service uses the image that is delivered. Write image: \${IMAGE} in place of ${first}, or give a service build:. Services with neither (${services.map(([name]) => name).join(", ")}) are accessories, which a release leaves alone.`;
}

// src/release/compose/cross-project-refs.ts
var NAMESPACE_KEYS = ["network_mode", "pid", "ipc"];
function accessoryContainerName(project, base, name) {
  return asText2(project.service(name)["container_name"]) ?? `${base}-${name}-1`;
}
function withAccessoryRefs(project, base, service) {
  const outside = (name) => `container:${accessoryContainerName(project, base, name)}`;
  const isAccessory = (name) => name !== void 0 && project.accessories.includes(name);
  const links = linksOf(service);
  const outward = links.filter((link2) => isAccessory(link2.service) && link2.alias !== link2.service).map((link2) => `${accessoryContainerName(project, base, link2.service)}:${link2.alias}`);
  const externalLinks = [...asStrings2(service["external_links"]), ...outward];
  const namespaces = NAMESPACE_KEYS.map((key) => {
    const other = referencedService(service[key]);
    return [key, isAccessory(other) ? outside(other) : service[key]];
  });
  return withoutUndefined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: filterDependencies(service, project.isReleased),
    links: undefinedIfEmpty(
      asStrings2(service["links"]).filter((_, at) => project.isReleased(links[at]?.service ?? ""))
    ),
    external_links: undefinedIfEmpty(externalLinks),
    volumes_from: undefinedIfEmpty(
      asStrings2(service["volumes_from"]).map((from) => {
        const [name = "", ...mode] = from.split(":");
        return isAccessory(name) ? [outside(name), ...mode].join(":") : from;
      })
    )
  });
}
function withoutReleaseRefs(project, name, service, problems) {
  for (const key of NAMESPACE_KEYS) {
    const other = referencedService(service[key]);
    if (other !== void 0 && project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} is another container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`
      );
    }
  }
  for (const from of asStrings2(service["volumes_from"])) {
    const other = from.split(":", 1)[0] ?? "";
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} is another container with each release. Mount the same named volume in both.`
      );
    }
  }
  return withoutUndefined({
    ...service,
    depends_on: filterDependencies(service, (other) => !project.isReleased(other)),
    links: undefinedIfEmpty(
      asStrings2(service["links"]).filter((link2) => !project.isReleased(link2.split(":", 1)[0] ?? ""))
    )
  });
}
function filterDependencies(service, keep) {
  const all = asObject2(service["depends_on"]);
  const kept = pickKeys(all, Object.keys(all).filter(keep));
  return Object.keys(kept).length === 0 ? void 0 : kept;
}
var undefinedIfEmpty = (values) => values.length === 0 ? void 0 : values;
function aliasesFromLinks(project, name) {
  return project.accessories.flatMap((accessory) => linksOf(project.service(accessory))).filter((link2) => link2.service === name && link2.alias !== name).map((link2) => link2.alias);
}
function withAliases(networks, names) {
  return mapValues(networks, (options) => {
    const aliases = [.../* @__PURE__ */ new Set([...asStrings2(asObject2(options)["aliases"]), ...names])];
    return aliases.length === 0 ? asObject2(options) : { ...withoutKeys(asObject2(options), "aliases"), aliases };
  });
}
var CONDITIONS_BY_STRICTNESS = [
  "service_started",
  "service_healthy",
  "service_completed_successfully"
];
function accessoryConditionsOf(project) {
  const strictest = /* @__PURE__ */ new Map();
  for (const name of project.released.keys()) {
    for (const [service, { condition, required }] of dependenciesOf(project.service(name))) {
      if (!project.accessories.includes(service) || !required) continue;
      const known = strictest.get(service);
      const isStricter = known === void 0 || CONDITIONS_BY_STRICTNESS.indexOf(condition) > CONDITIONS_BY_STRICTNESS.indexOf(known);
      if (isStricter) strictest.set(service, condition);
    }
  }
  return [...strictest].map(([service, condition]) => ({ service, condition }));
}
function lateAccessoriesOf(project, problems) {
  const late = /* @__PURE__ */ new Map();
  const visit = (name) => {
    for (const other of dependenciesOf(project.service(name)).keys()) {
      const cause = project.isReleased(other) ? other : visit(other);
      if (cause !== void 0) {
        late.set(name, cause);
        return cause;
      }
    }
    return void 0;
  };
  for (const name of project.accessories) visit(name);
  for (const released of project.released.keys()) {
    for (const name of dependenciesOf(project.service(released)).keys()) {
      const cause = late.get(name);
      if (cause === void 0) continue;
      problems.add(
        `compose-file: ${released} depends on accessory ${name}, which itself depends on ${cause} of the release, so neither can be first. Remove one of the two depends_on.`
      );
    }
  }
  return [...late.keys()].sort();
}
function publishesPorts(service) {
  return asList2(service["ports"]).length > 0;
}

// src/release/compose/update-config.ts
function updateConfigOf(name, service, problems) {
  const given = asObject2(service["deploy"])["update_config"];
  if (given === void 0 || given === null) return void 0;
  const config = asObject2(given);
  const reportInvalid = (field, advice) => problems.add(
    `compose-file: service ${name} has deploy.update_config.${field}: ${String(config[field])}. ${advice}`
  );
  return {
    parallelism: parallelismOf(config["parallelism"], reportInvalid),
    order: asText2(config["order"]) === "stop-first" ? "stop-first" : "start-first",
    delay: updateDurationOf("delay", config["delay"], reportInvalid),
    monitor: updateDurationOf("monitor", config["monitor"], reportInvalid),
    maxFailureRatio: failureRatioOf(config["max_failure_ratio"], reportInvalid),
    failureAction: failureActionOf(config["failure_action"], reportInvalid)
  };
}
var MAX_UPDATE_DURATION = 864e5;
function parallelismOf(value, reportInvalid) {
  if (value === void 0) return 1;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  reportInvalid("parallelism", "Give a whole number of replicas, or 0 for all at once.");
  return 1;
}
function updateDurationOf(field, value, reportInvalid) {
  if (value === void 0) return 0;
  const written = asText2(value) ?? "";
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== void 0 && milliseconds <= MAX_UPDATE_DURATION) return milliseconds;
  reportInvalid(field, "Give a duration of at most 24h, such as 10s.");
  return 0;
}
function failureRatioOf(value, reportInvalid) {
  if (value === void 0) return 0;
  const ratio2 = typeof value === "number" ? value : Number(asText2(value));
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
  const config = asObject2(asObject2(service["deploy"])["update_config"]);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === "number" && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return asText2(config["order"]) === "stop-first" && batch >= replicasOf(service);
}

// src/release/compose/why-exclusive.ts
var HTTP_PROTOCOLS = /* @__PURE__ */ new Set(["http", "http1", "http/1.1", "ws", "websocket"]);
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
function isHttpPort(port) {
  return whyNotHttp(port) === void 0;
}
function whyPublishedByService(port) {
  return port.published === void 0 ? void 0 : `with edge: none it publishes port ${port.published} itself`;
}
function whyNotHttp(port) {
  if (port.protocol !== "tcp") return `port ${port.target}/${port.protocol} is not HTTP`;
  if (port.published?.includes("-")) return `port ${port.target} is published on a range (${port.published})`;
  if (port.appProtocol !== void 0) {
    return HTTP_PROTOCOLS.has(port.appProtocol) ? void 0 : `port ${port.target} has app_protocol: ${port.appProtocol}`;
  }
  const known = NON_HTTP_PORTS.get(port.target);
  return known === void 0 ? void 0 : `port ${port.target} is ${known}'s (if it speaks HTTP, say app_protocol: http)`;
}
function whyExclusive(service, isReleased, edge = "caddy") {
  const reasons = [
    containerNameReason(service),
    ...["network_mode", "pid", "ipc", "uts"].map((key) => sharedNamespaceReason(service, key, isReleased)),
    defaultBridgeReason(service),
    settingText("mac_address", asText2(service["mac_address"])),
    fixedAddressReason(service),
    stopFirstReason(service),
    ...portsOf(service).map(edge === "none" ? whyPublishedByService : whyNotHttp)
  ];
  return reasons.find((reason) => reason !== void 0);
}
function settingText(key, value) {
  return value === void 0 ? void 0 : `${key}: ${value}`;
}
function stopFirstReason(service) {
  return stopsAllReplicasFirst(service) ? "deploy.update_config.order: stop-first" : void 0;
}
function containerNameReason(service) {
  return settingText("container_name", asText2(service["container_name"]));
}
function sharedNamespaceReason(service, key, isReleased) {
  const mode = asText2(service[key]);
  const other = referencedService(mode);
  const outside = other === void 0 ? mode === "host" || mode?.startsWith("container:") : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : void 0;
}
function defaultBridgeReason(service) {
  return asText2(service["network_mode"]) === "bridge" && portsOf(service).length > 0 ? "network_mode: bridge" : void 0;
}
function fixedAddressReason(service) {
  for (const [network, options] of Object.entries(asObject2(service["networks"]))) {
    for (const key of ["ipv4_address", "ipv6_address", "mac_address"]) {
      const address = asText2(asObject2(options)[key]);
      if (address !== void 0) return `${key}: ${address} on network ${network}`;
    }
  }
  return void 0;
}

// src/release/compose/roles.ts
function rolesOf(project, hasRoute, edge = "caddy") {
  const names = [...project.released.keys()];
  const service = (name) => project.service(name);
  const reasons = new Map(names.map((name) => [name, whyExclusive(service(name), project.isReleased, edge)]));
  const served = names.filter((name) => reasons.get(name) === void 0 && hasRoute(name));
  const alone = new Map(
    names.map((name) => [
      name,
      reasons.get(name) ?? (served.includes(name) ? void 0 : whyDataExclusive(project, name))
    ])
  );
  const oneShots = new Set(names.flatMap((name) => oneShotDependencies(project, name)));
  const needed = withDependencies(project, [
    ...served,
    ...oneShots,
    ...names.filter((name) => alone.get(name) !== void 0),
    ...names.filter((name) => exposedPortsOf(service(name)).length > 0),
    ...names.filter((name) => edge === "none" && isReachableFromOutside(project, name)),
    ...project.accessories.flatMap((name) => releasedDependencies(project, name))
  ]);
  return new Map(
    names.map((name) => {
      const because = alone.get(name);
      const beside = served.includes(name) && edge !== "none" ? "served" : needed.has(name) ? "internal" : "worker";
      return [
        name,
        { role: because === void 0 ? beside : "exclusive", because, oneShot: oneShots.has(name) }
      ];
    })
  );
}
function whyWholeRecreate(project, roles) {
  for (const [name, { role }] of roles) {
    if (role !== "served" && role !== "internal") continue;
    for (const other of releasedDependencies(project, name)) {
      const { because } = roles.get(other) ?? {};
      if (because !== void 0)
        return `${name} needs ${other}, and two of ${other} can't run at once: ${because}`;
    }
  }
  return void 0;
}
function releasedDependencies(project, name) {
  return [...dependenciesOf(project.service(name)).keys()].filter(project.isReleased);
}
function oneShotDependencies(project, name) {
  return [...dependenciesOf(project.service(name))].filter(
    ([other, need]) => project.isReleased(other) && need.condition === "service_completed_successfully"
  ).map(([other]) => other);
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
  return own === void 0 ? void 0 : `it alone writes to ${own} (if two may, say deploy.update_config.order: start-first)`;
}
function writableMounts(project, name) {
  return mountsOf(project.service(name)).filter((mount) => !mount.readOnly && (mount.type === "volume" || mount.type === "bind")).map((mount) => mount.source).filter((source) => source !== void 0).filter((source) => !/\.sock$|^\/(etc|dev|proc|sys|run|var\/run|tmp)(\/|$)/.test(source));
}

// src/release/compose/notices.ts
function composeNoticesOf(project, roles, edge) {
  const released = [...project.released.keys()].flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...preStopNotices(name, project.service(name)),
    ...onFailureNotices(name, project.service(name)),
    ...servesBesideOldRelease(project, name, roles) ? sharedDataNotices(project, name) : []
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...edge === "none" ? [] : accessoryProxyNotices(project, name)
  ]);
  return [...edge === "none" ? noProxyNotices(roles) : [], ...released, ...accessories];
}
function servesBesideOldRelease(project, name, roles) {
  const role = roles.get(name)?.role;
  return role === "served" || role === "internal" && externalProxyOf(project.service(name)) !== void 0;
}
function noProxyNotices(roles) {
  if ([...roles.values()].some(({ role }) => role !== "worker")) return [];
  return [
    "edge: none, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all are taken for workers."
  ];
}
function commonNotices(name, service) {
  const local = service["develop"] === void 0 ? [] : [`${name}: develop is for local work and ignored here.`];
  return [...local, ...unsetVariableNotices(name, service)];
}
function unsetVariableNotices(name, service) {
  const unset = Object.entries(asObject2(service["environment"])).filter(([, value]) => value === null).map(([variable]) => variable);
  if (unset.length === 0) return [];
  return [
    `${name}: its environment names ${unset.join(", ")} without a value, and none is given (input env), so it is not set there.`
  ];
}
function preStopNotices(name, service) {
  if (service["pre_stop"] === void 0) return [];
  return [
    `${name}: pre_stop is not run. Releases are stopped through the engine, which does not know it; catch stop_signal instead.`
  ];
}
function onFailureNotices(name, service) {
  const condition = asText2(asObject2(asObject2(service["deploy"])["restart_policy"])["condition"]);
  const restart = asText2(service["restart"]) ?? condition;
  if (restart?.startsWith("on-failure") !== true) return [];
  return [
    `${name}: with restart: on-failure the engine may start kept containers of former releases when it restarts. unless-stopped does not.`
  ];
}
function sharedDataNotices(project, name) {
  const data = writableMounts(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(" and ")} while both stand. If they must not, say deploy.update_config.order: stop-first.`
  ];
}
function accessoryProxyNotices(project, name) {
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (!publishesPorts(service) || behind.length === 0) return [];
  return [
    `${name} is an accessory in front of ${behind.join(", ")}: its requests go to every release that answers to that name, and are not switched. To have that, publish the ports of ${behind.join(", ")} instead.`
  ];
}

// src/release/compose/problems.ts
var Problems = class {
  #found = [];
  add(problem) {
    if (!this.#found.includes(problem)) this.#found.push(problem);
  }
  /** @throws ConfigurationError with all that was found. */
  throwIfAny() {
    if (this.#found.length > 0) throw new ConfigurationError(this.#found.join("\n"));
  }
};

// src/release/compose/reject-unsupported.ts
var LOCAL_FILE_ADVICE = "if it is for local work only, move it to compose.override.yaml, which is not delivered";
function rejectRunnerPaths(resolved, problems) {
  for (const path of resolved.runnerPaths) {
    const instead = path.kind === "file" ? `make it a config (configs: with file: ${path.written}, target: ${path.target}), copy it into the image` : "copy it into the image (COPY in the Dockerfile), use a named volume for data, a config for single files, or an absolute path of the server";
    problems.add(
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on the runner and not on a server. Instead: ${instead}; or ${LOCAL_FILE_ADVICE}.`
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeBindDevice(spec);
    if (device === void 0) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on the runner and not on a server. Drop driver_opts for a plain volume, or give an absolute path of the server.`
    );
  }
}
function rejectModels(config, problems) {
  for (const [name, service] of Object.entries(config.services)) {
    for (const key of ["models", "provider"]) {
      if (service[key] === void 0) continue;
      problems.add(
        `compose-file: service ${name} uses ${key}:, which runs on the machine that calls Compose and not on a server. Run it as a container of its own.`
      );
    }
  }
}

// src/release/compose/domain-port.ts
function checkDomainPort(domain, name, port, project) {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  const [first, ...others] = /* @__PURE__ */ new Set([...published.map(({ target }) => target), ...exposedPortsOf(service)]);
  const known = first === void 0 ? [] : [first, ...others];
  if (first === void 0 || known.includes(port)) return void 0;
  const better = known.map((each) => `${domain}=${name}:${each}`).join(" or ");
  return {
    problem: `domains: ${domain} leads to ${name}:${port}, and by the Compose file ${name} listens on ${known.join(", ")}. Write ${better}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`,
    instead: first
  };
}

// src/release/compose/route-ids.ts
function withRouteIds(routes) {
  const alone = routes.filter(({ published }) => published.length === 0).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(compareByPort);
    return { id: first === void 0 ? domainsId(route, alone) : addressId(first), ...route };
  });
}
var addressId = ({ address, port }) => address === void 0 || isOnAllAddresses(address) ? `${port}` : `${port}-${address.replaceAll(/[^\w.]/g, "_")}`;
var domainsId = ({ service, containerPort }, alone) => alone ? "domains" : `${service}-${containerPort}`;
var compareByPort = (one, other) => one.port - other.port || (addressId(one) < addressId(other) ? -1 : 1);

// src/release/compose/routes.ts
var backendText = (backend) => `${backend.service}:${backend.port}`;
function routesOf(project, domains, problems, notices) {
  const byRoute = assignDomains(project, domains, problems);
  const names = [...project.released.keys()];
  const unnamed = names.flatMap((service) => {
    const beside = whyExclusive(project.service(service), project.isReleased) === void 0;
    const all = portsOf(project.service(service));
    if (!beside)
      notices.push(
        ...all.filter((port) => isFrontPort(port, domains)).map((port) => leftToFrontNotice(service, port.published))
      );
    const ports = beside ? all.filter(isHttpPort) : [];
    const targets = new Set(ports.map((port) => port.target));
    for (const backend of byRoute.keys()) if (backend.service === service) targets.add(backend.port);
    return [...targets].map((target) => {
      const backend = { service, port: target };
      const portsToTarget = ports.filter((port) => port.target === target);
      const named = [...byRoute].filter(([other]) => backendText(other) === backendText(backend)).flatMap(([, names2]) => names2);
      if (named.length === 0) checkBackendReachable(backend, portsToTarget, domains, problems);
      const published = publishedPortsOf(backend, portsToTarget, domains.size > 0, notices);
      return { service, containerPort: target, published, domains: named };
    });
  });
  const routes = withRouteIds(unnamed);
  checkPortConflicts(routes, project, domains, problems);
  return routes;
}
function routesWithoutEdge(project, problems) {
  checkPortConflicts([], project, /* @__PURE__ */ new Map(), problems);
  return [];
}
function isFrontPort(port, domains) {
  return domains.size > 0 && isOnAllAddresses(port.address) && (port.published === "80" || port.published === "443");
}
function publishedPortsOf(backend, ports, hasDomains2, notices) {
  const all = ports.filter((port) => port.published !== void 0).map((port) => ({ address: port.address, port: Number(port.published) }));
  const unique = all.filter((one, at) => all.findIndex((other) => isSamePort(one, other)) === at);
  if (!hasDomains2) {
    if (unique.some((one) => one.port === 443)) notices.push(plainHttpNotice(backend));
    return unique;
  }
  const kept = unique.filter(
    (one) => !isOnAllAddresses(one.address) || one.port !== 80 && one.port !== 443
  );
  for (const one of unique.filter((each) => !kept.includes(each))) {
    notices.push(leftToFrontNotice(backend.service, String(one.port)));
  }
  return kept;
}
function leftToFrontNotice(service, port) {
  return `${service}: its port ${port} is left to the front, which serves this host's domains on 80 and 443.`;
}
function plainHttpNotice({ service, port }) {
  return `${service}: port 443 leads to ${port} as plain HTTP. If ${service} encrypts by itself, say app_protocol: https on that port (it is recreated then); for automatic certificates use the input domains.`;
}
var isSamePort = (one, other) => one.port === other.port && one.address === other.address;
function checkBackendReachable(backend, ports, domains, problems) {
  if (ports.every((port) => port.published === void 0)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input domains: app.example.com=${backendText(backend)}), or use expose: for what only other services ask.`
    );
  } else if (ports.every((port) => port.published === void 0 || isFrontPort(port, domains))) {
    const taken = ports.map((port) => port.published).join(" and ");
    problems.add(
      `domains: ${backendText(backend)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${backendText(backend)}) or another port.`
    );
  }
}
function assignDomains(project, domains, problems) {
  const assigned = /* @__PURE__ */ new Map();
  for (const [domain, target] of domains) {
    const backend = backendForDomain(domain, target, project, problems);
    if (backend === void 0) continue;
    const known = assigned.get(backendText(backend)) ?? { way: backend, domains: [] };
    assigned.set(backendText(backend), { way: backend, domains: [...known.domains, domain] });
  }
  return new Map([...assigned.values()].map(({ way: backend, domains: named }) => [backend, named]));
}
function backendForDomain(domain, target, project, problems) {
  if (target !== void 0) {
    const { service, port } = target;
    if (!project.isReleased(service)) {
      const known = [...project.released.keys()].join(", ");
      const what = project.accessories.includes(service) ? "an accessory" : "not in the Compose file";
      problems.add(`domains: ${domain} leads to ${service}, which is ${what}. Released services: ${known}.`);
      return void 0;
    }
    if (networksOf(project.service(service)) === void 0) {
      const mode = String(project.service(service)["network_mode"]);
      problems.add(
        `domains: ${domain} leads to ${service}, which the edge can't reach: network_mode: ${mode}. Remove network_mode.`
      );
      return void 0;
    }
    const wrong = port === void 0 ? void 0 : checkDomainPort(domain, service, port, project);
    if (wrong !== void 0) {
      problems.add(wrong.problem);
      return { service, port: wrong.instead };
    }
    if (port !== void 0) return { service, port };
  }
  const choices = possibleBackends(
    project,
    target === void 0 ? [...project.released.keys()] : [target.service]
  );
  if (choices.length === 1) return choices[0];
  const of = target === void 0 ? "the released services have" : `${target.service} has`;
  problems.add(
    choices.length === 0 ? `domains: ${of} no port for ${domain} to lead to. Write ${domain}=${target?.service ?? [...project.released.keys()][0] ?? "service"}:port.` : `domains: ${of} several ports for ${domain} to lead to. Write ${choices.map((backend) => `${domain}=${backendText(backend)}`).join(" or ")}.`
  );
  return void 0;
}
function possibleBackends(project, names) {
  const reachable = names.filter((name) => networksOf(project.service(name)) !== void 0);
  const backendsOf = (portsIn) => reachable.flatMap((service) => [...new Set(portsIn(service))].map((port) => ({ service, port })));
  const published = backendsOf(
    (name) => portsOf(project.service(name)).filter(isHttpPort).map((port) => port.target)
  );
  return published.length > 0 ? published : backendsOf((name) => exposedPortsOf(project.service(name)));
}
function checkPortConflicts(routes, project, domains, problems) {
  const routed = routes.flatMap(
    (route) => route.published.map((one) => ({ ...one, owner: `${route.service}:${route.containerPort}` }))
  );
  const served = new Set(routes.filter((route) => route.published.length > 0).map((route) => route.service));
  const others = Object.entries(project.config.services).filter(([name]) => !served.has(name) && asObject2(project.service(name))["network_mode"] !== "host").flatMap(
    ([name, service]) => portsOf(service).filter((port) => port.protocol === "tcp" && /^\d+$/.test(port.published ?? "")).filter((port) => !(project.isReleased(name) && isFrontPort(port, domains))).map((port) => ({ address: port.address, port: Number(port.published), owner: name }))
  );
  const front = domains.size === 0 ? [] : [80, 443].map((port) => ({ address: void 0, port, owner: "the front for domains" }));
  const claims = [...front, ...routed, ...others];
  for (const [at, one] of claims.entries()) {
    const other = claims.slice(0, at).find((each) => each.owner !== one.owner && portsOverlap(each, one));
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

// src/release/compose/render-projects.ts
var NOT_DEPLOYED_KEYS = ["build", "develop", "profiles"];
function renderReleaseProject(project, base, keepsPorts, domains, inlined, problems) {
  const services = {};
  const files = [];
  for (const name of project.released.keys()) {
    const inlineFiles = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...inlineFiles);
    const service = withFileVolumes(renderReleasedService(project, base, name), inlineFiles);
    services[name] = keepsPorts(name) ? { ...service, ...portsKeptByService(project.service(name), domains) } : service;
  }
  const used = usedNetworksAndVolumes(services);
  const compose = {
    services,
    networks: asExternalObjects(project.config.networks, used.networks),
    volumes: asExternalObjects(project.config.volumes, used.volumes),
    ...usedFileObjects(services, inlined)
  };
  return { compose, files };
}
function renderBaseProject(project, inlined, problems) {
  const services = {};
  for (const name of project.accessories) {
    const service = project.service(name);
    rejectReadOnlyAccessory(name, service, problems);
    services[name] = withoutNullsAndExtensions(
      withoutKeys(withoutReleaseRefs(project, name, service, problems), ...NOT_DEPLOYED_KEYS)
    );
  }
  return {
    services,
    networks: mapValues(project.config.networks ?? {}, asObject2),
    volumes: mapValues(project.config.volumes ?? {}, asObject2),
    ...usedFileObjects(services, inlined)
  };
}
function usedFileObjects(services, inlined) {
  return {
    secrets: pickKeys(inlined.secrets, namesUsedBy(services, "secrets")),
    configs: pickKeys(inlined.configs, namesUsedBy(services, "configs"))
  };
}
function renderReleasedService(project, base, name) {
  const service = project.service(name);
  const across = withoutKeys(withAccessoryRefs(project, base, service), ...NOT_DEPLOYED_KEYS, "pull_policy");
  const networks = networksOf(service);
  const containerName = asText2(service["container_name"]);
  const names = [...containerName === void 0 ? [] : [containerName], ...aliasesFromLinks(project, name)];
  return withoutUndefined({
    ...withoutNullsAndExtensions(withoutKeys(across, "ports", "container_name", "image")),
    ...restartPolicyOf(service),
    networks: networks === void 0 ? void 0 : withAliases(networks, names)
  });
}
function portsKeptByService(service, domains) {
  const read = portsOf(service);
  const kept = asList2(service["ports"]).filter((_, at) => {
    const port = read[at];
    return port !== void 0 && !isFrontPort(port, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}
function restartPolicyOf(service) {
  const { restart_policy: policy, ...deploy } = asObject2(service["deploy"]);
  if (policy === void 0) return {};
  const { condition = "no", max_attempts: attempts } = asObject2(policy);
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

// src/release/compose/split-project.ts
var MAX_SERVED_REPLICAS = 24;
function splitProject(resolved, of, domains, edge = "caddy") {
  const problems = new Problems();
  const notices = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectModels(resolved.config, problems);
  const project = classifyServices(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();
  const routes = edge === "none" ? routesWithoutEdge(project, problems) : routesOf(project, domains, problems, notices);
  const hasRoute = (name) => edge === "none" ? externalProxyOf(project.service(name)) !== void 0 : routes.some((route) => route.service === name);
  const roles = rolesOf(project, hasRoute, edge);
  const inlined = inlineContents(resolved.config, resolved.contents, problems);
  const keepsPorts = (name) => edge === "none" || roles.get(name)?.role === "exclusive";
  const split = {
    app: of.app,
    environment: of.environment,
    placeholder: resolved.placeholder,
    services: splitServicesOf(project, roles, problems),
    routes,
    wholeRecreate: whyWholeRecreate(project, roles),
    ...renderReleaseProject(project, baseProject(of), keepsPorts, domains, inlined, problems),
    base: renderBaseProject(project, inlined, problems),
    conditions: accessoryConditionsOf(project),
    lateAccessories: lateAccessoriesOf(project, problems),
    confidential: inlined.values,
    notices: [...notices, ...composeNoticesOf(project, roles, edge)]
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
    const containerName = asText2(service["container_name"]);
    services[name] = {
      name,
      ...role,
      replicas,
      imageKey: project.released.get(name) ?? name,
      ...update === void 0 ? {} : { update },
      ...containerName === void 0 ? {} : { containerName }
    };
  }
  return services;
}
function checkReplicas(name, replicas, problems) {
  if (replicas > MAX_SERVED_REPLICAS) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, and the edge has room for ${MAX_SERVED_REPLICAS} on a host. Lower deploy.replicas, or add hosts.`
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} is asked from outside but has no replicas. Set deploy.replicas to 1 or more.`
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
    service === "" ? `${input}: the release has several services (${names.join(", ")}). Say in whose container the command is to run: ${only ?? "service"}=${command}` : `${input}: the release has no service "${service}", only ${names.join(", ")}. If "${service}=" belongs to the command, write env ${service}=… in front of it.`
  );
}

// src/release/reuse-release.ts
function reuseLiveReleaseId(release, hosts) {
  const accepted = new Set(hosts.map((host) => host.accepted));
  const forced = hosts.flatMap((host) => host.releases).find(({ id, record }) => accepted.has(id) && record?.sameAs === release.id);
  return forced === void 0 ? release : { ...release, id: forced.id, sameAs: release.id };
}

// src/engine/fields.ts
var Fields = class _Fields {
  #value;
  constructor(value) {
    this.#value = isRecord(value) ? value : {};
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
    const value = this.#value[key];
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }
  /** A map from text to text; other values are left out. */
  map(key) {
    const value = this.#value[key];
    if (!isRecord(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry) => typeof entry[1] === "string")
    );
  }
  /** Some of it as it is; what is absent is left out. */
  pick(...keys) {
    return Object.fromEntries(keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]));
  }
  entries(key) {
    const value = this.#value[key];
    return isRecord(value) ? Object.entries(value).map(([name, item]) => [name, new _Fields(item)]) : [];
  }
};
function listOf(value) {
  return Array.isArray(value) ? value.map((item) => new Fields(item)) : [];
}
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
  return {
    id: container.text("Id"),
    name: withoutSlash(container.texts("Names")),
    imageId: container.text("ImageID"),
    labels: container.map("Labels"),
    state: container.text("State"),
    ports: ports.map((port) => ({
      address: port.text("IP") || void 0,
      port: port.number("PublicPort"),
      protocol: port.text("Type")
    })),
    networks: container.object("NetworkSettings").entries("Networks").map(([name]) => name)
  };
}
var ENDPOINT_SETTINGS = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];
function parseContainerDetails(value) {
  const container = new Fields(value);
  const state = container.object("State");
  const networks = container.object("NetworkSettings").entries("Networks");
  return {
    id: container.text("Id"),
    name: withoutSlash([container.text("Name")]),
    imageId: container.text("Image"),
    labels: container.object("Config").map("Labels"),
    state: parseContainerState(state.text("Status")),
    health: state.has("Health") ? parseContainerHealth(container) : void 0,
    exitCode: state.number("ExitCode"),
    oomKilled: state.flag("OOMKilled"),
    error: state.text("Error"),
    startedAt: state.text("StartedAt"),
    finishedAt: state.text("FinishedAt"),
    restartCount: container.number("RestartCount"),
    restartPolicy: container.object("HostConfig").object("RestartPolicy").text("Name") || "no",
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
    repoTags: image.texts("RepoTags"),
    repoDigests: image.texts("RepoDigests"),
    labels: image.has("Config") ? image.object("Config").map("Labels") : image.map("Labels"),
    size: image.number("Size"),
    layers: image.has("RootFS") ? image.object("RootFS").texts("Layers") : []
  };
}
function parseNamedObject(object) {
  return { name: object.text("Name"), labels: object.map("Labels") };
}
function parseContainerHealth(container) {
  const health = container.object("State").object("Health");
  const status2 = health.text("Status");
  return {
    status: status2 === "starting" || status2 === "healthy" || status2 === "unhealthy" ? status2 : "none",
    lastOutput: health.objects("Log").at(-1)?.text("Output") ?? "",
    test: container.object("Config").object("Healthcheck").texts("Test")
  };
}
function parseContainerState(status2) {
  switch (status2) {
    case "running":
    case "paused":
    case "restarting":
    case "removing":
    case "exited":
    case "dead":
      return status2;
    default:
      return "created";
  }
}
function withoutSlash(names) {
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
    const seconds = VERSION_TIMEOUT / 1e3;
    throw new HostError(
      client.host,
      `could not reach its Docker engine: no answer within ${seconds} s. Is the server up, and may this runner reach it?`
    );
  }
  const version = parseEngineVersion(answer);
  if (version.version === "") throw new HostError(client.host, "what answers there is no Docker engine.");
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
  #disconnected = new AbortController();
  #pending = /* @__PURE__ */ new Set();
  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get disconnected() {
    return this.#disconnected.signal;
  }
  /** @throws HostError when it has ended */
  throwIfDisconnected() {
    if (this.disconnected.reason instanceof HostError) throw this.disconnected.reason;
  }
  /** Ends everything under way with this error. Answers whether it lived until now. */
  disconnect(error2) {
    if (this.disconnected.aborted) return false;
    this.#disconnected.abort(error2);
    for (const end of [...this.#pending]) end(error2);
    return true;
  }
  /**
   * Keeps what is under way, to end it with the connection or when `signal` aborts.
   * @returns a function that forgets it, once it has ended by itself
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
  /** Resolves when it has ended, or after as many milliseconds. */
  waitForDisconnect(milliseconds) {
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
  const message = "the connection was lost: the server does not answer any more. Network or server went down.";
  return new HostError(host, message, { cause });
}

// src/engine/http-request.ts
import * as http from "node:http";
import * as https from "node:https";
function sendRequest({ agent, address: target }, method, path, { query, body }, upgrade) {
  const content = contentOf(body);
  const headers = {
    ...content === void 0 ? {} : { "content-length": content.length },
    ...content === void 0 ? {} : { "content-type": Buffer.isBuffer(body) ? "application/x-tar" : "application/json" },
    ...upgrade ? { connection: "Upgrade", upgrade: "tcp" } : {}
  };
  const open2 = agent instanceof https.Agent ? https.request : http.request;
  const request3 = open2({ ...target, agent, method, path: `${path}${queryString(query)}`, headers });
  request3.end(content);
  return request3;
}
function contentOf(body) {
  if (Buffer.isBuffer(body)) return body;
  return body === void 0 ? void 0 : Buffer.from(JSON.stringify(body));
}
function queryString(query = {}) {
  const parameters = Object.entries(query).filter(
    (entry) => entry[1] !== void 0
  );
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters)}`;
}

// src/engine/client.ts
var EngineClient = class {
  host;
  #transport;
  #state = new ConnectionState();
  #prefix = "";
  constructor(host, transport) {
    this.host = host;
    this.#transport = transport;
  }
  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get disconnected() {
    return this.#state.disconnected;
  }
  /** Speaks this version of the API from now on, whatever the engine's newest is. */
  useApiVersion(apiVersion) {
    this.#prefix = `/v${apiVersion}`;
  }
  /** Ends everything under way, and every later call, with this error. */
  disconnect(error2) {
    if (this.#state.disconnect(error2)) this.#transport.agent.destroy();
  }
  /** @throws HostError; NotFound and Conflict for 404 and 409 */
  async call(operation, method, path, options = {}) {
    const { response } = await this.#exchange(operation, method, path, options, false);
    const status2 = response.statusCode ?? 0;
    const body = await this.#readBody(operation, response, options.signal);
    if (status2 >= 400 && !options.allow?.includes(status2))
      throw engineError(this.host, operation, status2, messageIn(body));
    return { status: status2, headers: response.headers, body };
  }
  /** The same for an answer in JSON. */
  async callJson(operation, method, path, options = {}) {
    return this.#parseJson(operation, (await this.call(operation, method, path, options)).body);
  }
  /** The JSON of what may be absent: `undefined` when the engine says 404. */
  async findJson(operation, path) {
    const { status: status2, body } = await this.call(operation, "GET", path, { allow: [404] });
    return status2 === 404 ? void 0 : this.#parseJson(operation, body);
  }
  /** A response that goes on until somebody ends it. Its errors are HostErrors. */
  async stream(operation, path, options) {
    const { response } = await this.#exchange(operation, "GET", path, options, false);
    const status2 = response.statusCode ?? 0;
    if (status2 >= 400) {
      throw engineError(
        this.host,
        operation,
        status2,
        messageIn(await this.#readBody(operation, response, options.signal))
      );
    }
    const forget = this.#state.track((error2) => response.destroy(error2), options.signal);
    response.once("close", forget);
    return response;
  }
  /** Turns a request into a plain connection in both directions (`Upgrade: tcp`), as attach and exec need it. */
  async hijack(operation, path, options) {
    const { response, upgraded } = await this.#exchange(operation, "POST", path, options, true);
    if (upgraded === void 0) {
      const body = await this.#readBody(operation, response, options.signal);
      throw engineError(this.host, operation, response.statusCode ?? 0, messageIn(body));
    }
    const forget = this.#state.track((error2) => upgraded.socket.destroy(error2), options.signal);
    upgraded.socket.once("close", forget);
    return upgraded;
  }
  /** What a broken connection means to who asked. The reason of the loss, if that is what broke it. */
  async explainFailure(operation, error2) {
    if (error2 instanceof HostError) return error2;
    const { graceAfterDisconnect: afterthought } = this.#transport;
    if (afterthought !== void 0 && !this.disconnected.aborted)
      await this.#state.waitForDisconnect(afterthought);
    const cause = error2 instanceof Error ? error2 : new Error(messageOf(error2));
    if (this.#transport.isHostUnreachable?.(cause)) this.disconnect(unreachableError(this.host, cause));
    if (this.disconnected.reason instanceof HostError) return this.disconnected.reason;
    return new HostError(this.host, `could not ${operation}: ${this.#transport.explainError(cause)}`, {
      cause
    });
  }
  async #exchange(operation, method, path, options, upgrade) {
    for (let attempt = 1; ; attempt += 1) {
      this.#state.throwIfDisconnected();
      options.signal?.throwIfAborted();
      const request3 = sendRequest(this.#transport, method, `${this.#prefix}${path}`, options, upgrade);
      try {
        return await this.#response(request3, options);
      } catch (error2) {
        if (options.signal?.aborted) throw error2;
        if (method === "GET" && request3.reusedSocket && attempt < 3 && !this.disconnected.aborted) continue;
        throw await this.explainFailure(operation, error2);
      }
    }
  }
  #response(request3, { signal }) {
    return new Promise((resolve4, reject) => {
      const forget = this.#state.track((error2) => request3.destroy(error2), signal);
      request3.on("error", (error2) => {
        forget();
        if (this.#transport.isHostUnreachable?.(error2)) this.disconnect(unreachableError(this.host, error2));
        reject(error2);
      });
      request3.once("response", (response) => {
        forget();
        resolve4({ response, upgraded: void 0 });
      });
      request3.once("upgrade", (response, socket, head) => {
        forget();
        resolve4({ response, upgraded: { socket, head } });
      });
    });
  }
  async #readBody(operation, response, signal) {
    const forget = this.#state.track((error2) => response.destroy(error2), signal);
    try {
      const chunks = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error2) {
      if (signal?.aborted) throw error2;
      throw await this.explainFailure(operation, error2);
    } finally {
      forget();
    }
  }
  #parseJson(operation, body) {
    try {
      return JSON.parse(body.toString());
    } catch (error2) {
      throw new HostError(this.host, `could not ${operation}: the engine's answer is not JSON.`, {
        evidence: [body.toString().slice(0, 200)],
        cause: error2
      });
    }
  }
};
function messageIn(body) {
  const text = body.toString().trim();
  try {
    return new Fields(JSON.parse(text)).text("message") || text;
  } catch {
    return text;
  }
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
  let folder;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type === "directory") folder ??= name.endsWith("/") ? name : `${name}/`;
    const content = await buffer(entry);
    if (type === "file")
      files.set(folder !== void 0 && name.startsWith(folder) ? name.slice(folder.length) : name, content);
  }
  return files;
}
var EMPTY_ARCHIVE = Buffer.alloc(1024);

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
  /** Hands on what came after the last line break. */
  end() {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#onLine(withoutCarriageReturn(rest));
  }
};
function withoutCarriageReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

// src/engine/events.ts
async function openEvents(client, filters, signal, since) {
  const query = {
    filters: JSON.stringify(filters),
    ...since === void 0 ? {} : { since: unixTime(since) }
  };
  return readEvents(
    client,
    await client.stream("listen to its events", "/events", { query, signal }),
    signal
  );
}
var unixTime = (moment) => (Date.parse(moment) / 1e3).toFixed(3);
async function* readEvents(client, response, signal) {
  let complete = [];
  const lines = new LineSplitter((line) => complete.push(line));
  try {
    for await (const chunk of response) {
      lines.push(Buffer.from(chunk));
      const ready = complete;
      complete = [];
      for (const line of ready) if (line.trim() !== "") yield eventOf(line);
    }
  } catch (error2) {
    if (signal.aborted) return;
    throw await client.explainFailure("listen to its events", error2);
  }
  if (signal.aborted) return;
  throw new HostError(
    client.host,
    "could not listen to its events: the engine ended the stream. Was it stopped?"
  );
}
function eventOf(line) {
  const event = new Fields(JSON.parse(line));
  const actor = event.object("Actor");
  return {
    type: event.text("Type"),
    action: event.text("Action"),
    id: actor.text("ID"),
    attributes: actor.map("Attributes")
  };
}

// src/engine/exec.ts
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

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
async function exec(client, id, argv, options) {
  const { signal, stdin } = options;
  const operation = `run "${argv[0] ?? ""}" in container ${id}`;
  const attach = { AttachStdin: stdin !== void 0, AttachStdout: true, AttachStderr: true };
  const made = await client.callJson(operation, "POST", `/containers/${encodeURIComponent(id)}/exec`, {
    body: { ...attach, Cmd: argv },
    signal
  });
  const execution = new Fields(made).text("Id");
  const output = await execOutput(client, operation, execution, options);
  for (let pause3 = 5; ; pause3 = Math.min(pause3 * 2, 500)) {
    const state = new Fields(await client.callJson(operation, "GET", `/exec/${execution}/json`, { signal }));
    if (!state.flag("Running")) {
      if (!state.has("ExitCode"))
        throw new HostError(client.host, `could not ${operation}: the engine knows no exit code of it.`);
      return { exitCode: state.number("ExitCode"), ...output };
    }
    await delay(pause3, void 0, {
      signal: signal === void 0 ? client.disconnected : AbortSignal.any([signal, client.disconnected])
    }).catch(() => {
      throw signal?.aborted ? signal.reason : client.disconnected.reason;
    });
  }
}
async function execOutput(client, operation, execution, { stdin, signal }) {
  const { socket, head } = await client.hijack(operation, `/exec/${execution}/start`, {
    body: { Detach: false, Tty: false },
    signal
  });
  const chunks = { stdout: [], stderr: [] };
  const demultiplexer = new Demultiplexer((stream, data) => chunks[stream].push(Buffer.from(data)));
  demultiplexer.push(head);
  socket.on("data", (chunk) => demultiplexer.push(chunk));
  socket.on("error", () => void 0);
  if (stdin !== void 0) socket.end(stdin);
  try {
    await finished(socket, { writable: false });
  } catch {
    signal?.throwIfAborted();
    if (client.disconnected.aborted) throw client.disconnected.reason;
  } finally {
    socket.destroy();
  }
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}

// src/engine/paths.ts
function containerPath(id) {
  return `/containers/${encodeURIComponent(id)}`;
}
function imagePath(reference) {
  return `/images/${encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}`;
}
function filtersParameter(filters) {
  return JSON.stringify(filters);
}

// src/engine/images.ts
async function inspectImage(client, reference) {
  const found = await client.findJson(`inspect image ${reference}`, `${imagePath(reference)}/json`);
  return found === void 0 ? void 0 : parseImageDetails(new Fields(found));
}
async function tagImage(client, reference, repository, tag) {
  await client.call(`tag image ${reference}`, "POST", `${imagePath(reference)}/tag`, {
    query: { repo: repository, tag }
  });
}
async function removeImage(client, reference) {
  const { status: status2 } = await client.call(`remove image ${reference}`, "DELETE", imagePath(reference), {
    allow: [404, 409]
  });
  return status2 < 400;
}
async function listImages(client, filters) {
  const query = { filters: filtersParameter(filters) };
  return listOf(await client.callJson("list images", "GET", "/images/json", { query })).map(
    parseImageDetails
  );
}
async function importEmptyImage(client, repository, tag) {
  const operation = `make image ${repository}:${tag}`;
  const query = { fromSrc: "-", repo: repository, tag };
  const { body } = await client.call(operation, "POST", "/images/create", { query, body: EMPTY_ARCHIVE });
  for (const line of body.toString().split("\n").filter(Boolean)) {
    const error2 = new Fields(JSON.parse(line)).text("error");
    if (isDiskFullMessage(error2)) throw engineDiskFullError(client.host, operation, error2);
    if (error2 !== "") throw new HostError(client.host, `could not ${operation}: ${error2}`);
  }
}

// src/engine/remove-container.ts
var REMOVAL_TIMEOUT = 3e4;
async function removeContainer(client, id, force) {
  const operation = `remove container ${id}`;
  try {
    await client.call(operation, "DELETE", containerPath(id), {
      query: { v: "true", force: String(force) },
      allow: [404]
    });
  } catch (error2) {
    if (!(error2 instanceof Conflict && /already in progress/.test(error2.message))) throw error2;
    await awaitRemoval(client, id, operation);
  }
}
async function awaitRemoval(client, id, operation) {
  const over = AbortSignal.timeout(REMOVAL_TIMEOUT);
  try {
    const query = { condition: "removed" };
    await client.call(operation, "POST", `${containerPath(id)}/wait`, { query, allow: [404], signal: over });
  } catch (error2) {
    if (!over.aborted) throw error2;
    throw new HostError(
      client.host,
      `could not ${operation}: its removal was under way and has not ended after ${REMOVAL_TIMEOUT / 1e3} s. Look at "docker ps -a" and the engine's log on the host.`
    );
  }
}

// src/engine/docker-engine.ts
var DockerEngine = class {
  #client;
  #connection;
  constructor(connection) {
    this.#client = connection.client;
    this.#connection = connection;
  }
  get host() {
    return this.#client.host;
  }
  get cliEnvironment() {
    return this.#connection.cliEnvironment;
  }
  get disconnected() {
    return this.#client.disconnected;
  }
  version() {
    return Promise.resolve(this.#connection.version);
  }
  async listContainers(labels) {
    const query = { all: "true", filters: filtersParameter({ label: labels }) };
    return listOf(await this.#client.callJson("list containers", "GET", "/containers/json", { query })).map(
      parseContainerSummary
    );
  }
  async inspectContainer(id) {
    return parseContainerDetails(
      await this.#client.callJson(`inspect container ${id}`, "GET", `${containerPath(id)}/json`)
    );
  }
  async createContainer(name, spec) {
    const options = { query: { name }, body: spec };
    return new Fields(
      await this.#client.callJson(`create container ${name}`, "POST", "/containers/create", options)
    ).text("Id");
  }
  async startContainer(id) {
    await this.#client.call(`start container ${id}`, "POST", `${containerPath(id)}/start`);
  }
  async stopContainer(id, timeout) {
    const query = { t: timeout === void 0 ? void 0 : String(timeout) };
    await this.#client.call(`stop container ${id}`, "POST", `${containerPath(id)}/stop`, { query });
  }
  removeContainer(id, options = {}) {
    return removeContainer(this.#client, id, options.force ?? false);
  }
  async setRestartPolicy(id, policy) {
    await this.#client.call(
      `set the restart policy of container ${id}`,
      "POST",
      `${containerPath(id)}/update`,
      {
        body: { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.maxRetries } }
      }
    );
  }
  async containerLogs(id, tail) {
    const query = { stdout: "true", stderr: "true", tail: String(tail) };
    const { headers, body } = await this.#client.call(
      `read the log of container ${id}`,
      "GET",
      `${containerPath(id)}/logs`,
      { query }
    );
    return streamLines(headers["content-type"] === "application/vnd.docker.multiplexed-stream", body);
  }
  exec(id, argv, options = {}) {
    return exec(this.#client, id, argv, options);
  }
  async readFiles(id, path) {
    const operation = `read ${path} of container ${id}`;
    try {
      const { body } = await this.#client.call(operation, "GET", `${containerPath(id)}/archive`, {
        query: { path }
      });
      return await unpackFiles(body);
    } catch (error2) {
      if (error2 instanceof NotFound && !/no such container/i.test(error2.message)) return /* @__PURE__ */ new Map();
      throw error2;
    }
  }
  async writeFiles(id, path, files) {
    const options = { query: { path }, body: await packFiles(files) };
    await this.#client.call(
      `write ${[...files.keys()].join(", ")} to ${path} of container ${id}`,
      "PUT",
      `${containerPath(id)}/archive`,
      options
    );
  }
  inspectImage(reference) {
    return inspectImage(this.#client, reference);
  }
  tagImage(reference, repository, tag) {
    return tagImage(this.#client, reference, repository, tag);
  }
  removeImage(reference) {
    return removeImage(this.#client, reference);
  }
  listImages(filters) {
    return listImages(this.#client, filters);
  }
  importEmptyImage(repository, tag) {
    return importEmptyImage(this.#client, repository, tag);
  }
  async listNetworks(labels) {
    return listOf(
      await this.#client.callJson("list networks", "GET", "/networks", {
        query: { filters: filtersParameter({ label: labels }) }
      })
    ).map(parseNamedObject);
  }
  async createNetwork(spec) {
    await this.#client.call(`create network ${spec["Name"]}`, "POST", "/networks/create", { body: spec });
  }
  async connectNetwork(name, id, endpoint) {
    await this.#client.call(
      `connect container ${id} to network ${name}`,
      "POST",
      `/networks/${encodeURIComponent(name)}/connect`,
      { body: { Container: id, EndpointConfig: endpoint } }
    );
  }
  async disconnectNetwork(name, id) {
    await this.#client.call(
      `disconnect container ${id} from network ${name}`,
      "POST",
      `/networks/${encodeURIComponent(name)}/disconnect`,
      { body: { Container: id } }
    );
  }
  async inspectVolume(name) {
    const found = await this.#client.findJson(
      `inspect volume ${name}`,
      `/volumes/${encodeURIComponent(name)}`
    );
    return found === void 0 ? void 0 : parseNamedObject(new Fields(found));
  }
  async createVolume(spec) {
    await this.#client.call(`create volume ${spec["Name"]}`, "POST", "/volumes/create", { body: spec });
  }
  events(filters, signal, since) {
    return openEvents(this.#client, filters, signal, since);
  }
  async close() {
    this.#client.disconnect(new HostError(this.host, "the connection was closed."));
    await this.#connection.close();
  }
};

// src/engine/heartbeat.ts
import * as https2 from "node:https";
var HEARTBEAT = { interval: 5e3, patience: 15e3 };
function startHeartbeat(client, options, timing = HEARTBEAT) {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * timing.interval >= timing.patience) {
      client.disconnect(unreachableError(client.host));
      return;
    }
    unanswered += 1;
    const request3 = https2.get(
      { ...options, path: "/_ping", agent: false, timeout: timing.patience },
      (response) => {
        unanswered = 0;
        response.resume();
      }
    );
    request3.on("timeout", () => request3.destroy(new Error("no answer")));
    request3.on("error", (error2) => {
      if (error2.code === "ECONNREFUSED" || error2.code === "ECONNRESET") unanswered = 0;
    });
  }, timing.interval);
  timer.unref();
  return () => clearInterval(timer);
}

// src/engine/transports.ts
import { Agent as Agent2 } from "node:http";
import { Agent as TlsAgent } from "node:https";

// src/engine/tls.ts
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir as mkdir4, mkdtemp, rm as rm2, writeFile as writeFile5 } from "node:fs/promises";
import { join as join8 } from "node:path";
import { createSecureContext } from "node:tls";
var TLS_FAILURES = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "the certificate of the engine has expired, or is not valid yet. Give the engine a new one (dockerd's --tlscert), and look at the clocks of both machines."
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    "the certificate of the engine is for other names than the one in hosts. Use a name that it has, or make one with this name or IP address as subjectAltName."
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE/,
    "the certificate of the engine was not made by the authority in tls-ca. Give the ca.pem that signed the engine's certificate."
  ],
  [
    /alert.*(?:unknown.ca|unknown_ca)|ALERT_UNKNOWN_CA/i,
    "the engine does not know the authority that made the certificate in tls-cert. It must be signed by the CA that the engine was started with (--tlscacert)."
  ],
  [
    /alert.*certificate.expired|ALERT_CERTIFICATE_EXPIRED/i,
    "the certificate in tls-cert has expired. Make a new one and set tls-cert and tls-key."
  ],
  [
    /alert.*(?:certificate.required|bad.certificate|certificate.unknown|unsupported.certificate|handshake.failure|access.denied)|ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE)/i,
    "the engine refused the certificate in tls-cert. It must be signed by the CA that the engine was started with (--tlscacert), for client authentication, and tls-key must be its key."
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|HTTP_REQUEST/,
    "what listens there does not speak TLS. Start the engine with --tlsverify: without it anybody who reaches the port is root on the host."
  ]
];
function explainTlsFailure(error2) {
  const text = `${error2.code ?? ""} ${error2.message}`;
  return TLS_FAILURES.find(([pattern]) => pattern.test(text))?.[1];
}
function checkTls({ ca, cert, key }) {
  const readable = (input, what, read) => {
    try {
      read();
    } catch (error2) {
      throw new ConfigurationError(
        `${input}: not a ${what} that can be read. Give the text of the PEM file.`,
        {
          cause: error2
        }
      );
    }
  };
  readable("tls-ca", "certificate", () => new X509Certificate(ca));
  readable("tls-cert", "certificate", () => new X509Certificate(cert));
  readable("tls-key", "private key", () => createPrivateKey(key));
  try {
    createSecureContext({ cert, key });
  } catch (error2) {
    throw new ConfigurationError(
      "tls-key: this is not the key of the certificate in tls-cert. Give the two that were made together.",
      {
        cause: error2
      }
    );
  }
}
async function writeTlsFiles(parent, { ca, cert, key }) {
  await mkdir4(parent, { recursive: true });
  const folder = await mkdtemp(join8(parent, "tls-"));
  const files = { "ca.pem": ca, "cert.pem": cert, "key.pem": key };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile5(join8(folder, name), text, { mode: 384 }))
  );
  return { folder, remove: () => rm2(folder, { recursive: true, force: true }) };
}

// src/engine/transports.ts
var MAX_SOCKETS = 64;
var START_ADVICE = "Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.";
var UNREACHABLE_CODES = /* @__PURE__ */ new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);
function unixTransport(path) {
  return {
    agent: new Agent2({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    address: { socketPath: path },
    explainError: (error2) => {
      switch (error2.code) {
        case "ENOENT":
          return `there is no socket ${path}. Is Docker installed on this machine and running, and is the path in hosts right?`;
        case "ECONNREFUSED":
          return `nobody listens on ${path}: the Docker engine of this machine is not running. ${START_ADVICE}`;
        case "EACCES":
          return `${path} may not be opened by this user. Add the runner's user to the group "docker" and start the runner anew.`;
        default:
          return brokenCallText(error2);
      }
    }
  };
}
function tunnelTransport(path, sockets = MAX_SOCKETS) {
  return {
    // What idles in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent2({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    address: { socketPath: path },
    explainError: brokenCallText,
    graceAfterDisconnect: 250
  };
}
function tcpTransport({ hostname, port }, tls) {
  return {
    agent: new TlsAgent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      ...tls,
      minVersion: "TLSv1.2",
      rejectUnauthorized: true
    }),
    address: { host: hostname, port },
    isHostUnreachable: (error2) => error2.syscall !== "connect" && UNREACHABLE_CODES.has(error2.code ?? ""),
    explainError: (error2) => {
      const tls2 = explainTlsFailure(error2);
      if (tls2 !== void 0) return `${tls2} (${tlsReasonIn(error2)})`;
      switch (error2.code) {
        case "ENOTFOUND":
        case "EAI_AGAIN":
          return `no address was found for the name ${hostname}. Is it spelled right in hosts, and known to the runner's name server?`;
        case "ECONNREFUSED":
          return `nobody listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify, and the port in hosts right? ${START_ADVICE}`;
        default:
          return UNREACHABLE_CODES.has(error2.code ?? "") ? `port ${port} could not be reached (${error2.code}). Is the server up, and may this runner reach it (firewall, VPN)?` : `${brokenCallText(error2)} Or it refuses the certificate in tls-cert.`;
      }
    }
  };
}
function tlsReasonIn({ message }) {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.["reason"] ?? message.trim();
}
function brokenCallText(error2) {
  return `the Docker engine broke the call off (${error2.code ?? error2.message}). Was it stopped or restarted? ${START_ADVICE}`;
}

// src/engine/ssh-engine-error.ts
function sshEngineError(address, output, cause) {
  const evidence = [...output.forwarding.slice(-3), ...output.dialing.slice(-5)];
  return new HostError(address.name, explainSshOutput(address.user ?? "the user", output), {
    evidence,
    cause
  });
}
function explainSshOutput(user, { forwarding, dialing }) {
  const text = dialing.join("\n");
  const refused = forwarding.some((line) => /administratively prohibited/.test(line));
  if (/permission denied/i.test(text)) {
    return `${user} may not use Docker there. Add the user to the group: sudo usermod -aG docker ${user === "the user" ? "USER" : user}`;
  }
  if (/command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text) && !/daemon/i.test(text)) {
    return refused ? `sshd refuses to forward the engine's socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command in the PATH of a command run over SSH to take its place. Allow the one or install the other.` : "Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/";
  }
  if (/Session open refused|session request failed/i.test(text)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  return `the Docker engine is not running there. ${START_ADVICE}`;
}

// src/engine/ssh-tunnel.ts
import { spawn as spawn3 } from "node:child_process";
import { mkdtemp as mkdtemp2, rm as rm3, writeFile as writeFile7 } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as join10 } from "node:path";

// src/engine/dial-stdio.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { pipeline } from "node:stream/promises";

// src/engine/ssh-process.ts
function sshEnvironment() {
  const {
    SSH_AUTH_SOCK: _agent,
    SSH_AGENT_PID: _pid,
    SSH_ASKPASS: _askpass,
    DISPLAY: _display,
    ...rest
  } = programEnvironment();
  return { ...rest, LC_ALL: "C" };
}
function sshStartError(program, error2) {
  return new ConfigurationError(
    `${program} could not be started on this runner (${messageOf(error2)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error2 }
  );
}

// src/engine/dial-stdio.ts
var MAX_SESSIONS = 9;
var KEPT_DIAL_LINES = 10;
async function openDialStdio(socketPath2, ssh) {
  const stderrLines = [];
  const waiting = [];
  const open2 = /* @__PURE__ */ new Set();
  const next = () => {
    const socket = open2.size < MAX_SESSIONS ? waiting.shift() : void 0;
    if (socket === void 0) return;
    if (socket.destroyed) return next();
    open2.add(socket);
    void dial(socket, ssh, (line) => {
      stderrLines.push(line);
      if (stderrLines.length > KEPT_DIAL_LINES) stderrLines.shift();
    }).finally(() => {
      open2.delete(socket);
      next();
    });
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => void 0);
    waiting.push(socket);
    next();
  });
  server.listen({ path: socketPath2 });
  await once(server, "listening");
  return {
    socketPath: socketPath2,
    stderrLines,
    close: async () => {
      const closed = new Promise((resolve4) => server.close(resolve4));
      for (const socket of [...open2, ...waiting]) socket.destroy();
      await closed;
    }
  };
}
async function dial(socket, ssh, onLine) {
  const child = spawn("ssh", [...ssh, "docker system dial-stdio"], { env: sshEnvironment(), stdio: "pipe" });
  const lines = new LineSplitter(onLine);
  child.stderr.on("data", (chunk) => lines.push(chunk));
  const closed = once(child, "close");
  socket.once("close", () => child.kill());
  try {
    await Promise.all([pipeline(socket, child.stdin), pipeline(child.stdout, socket), closed]);
  } catch {
    child.kill();
    socket.destroy();
    await closed.catch(() => void 0);
  } finally {
    lines.end();
  }
}

// src/engine/known-hosts.ts
var MARKERS = /* @__PURE__ */ new Set(["@cert-authority", "@revoked"]);
var KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;
function parseKnownHosts(text) {
  const hosts = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line, index) => ({ number: index + 1, line: line.trim() })).filter(({ line }) => line !== "" && !line.startsWith("#"));
  for (const host of hosts) checkKnownHost(host);
  if (hosts.length > 0) return hosts;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" from a network that you trust and give its lines.'
  );
}
function renderKnownHosts(hosts) {
  const lines = [];
  for (const { number, line } of hosts) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? "").join("\n")}
`;
}
function malformedKnownHost(number, why) {
  return new ConfigurationError(
    `known-hosts: line ${number} ${why}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`
  );
}
function checkKnownHost({ number, line }) {
  const words = line.split(/[ \t]+/);
  if (line.startsWith("@") && !MARKERS.has(words[0] ?? "")) {
    throw malformedKnownHost(number, "begins with a marker other than @cert-authority and @revoked");
  }
  const [hosts, type, key] = words.slice(line.startsWith("@") ? 1 : 0);
  if (hosts !== void 0 && KEY_TYPE.test(hosts) && type?.startsWith("AAAA")) {
    throw malformedKnownHost(number, "is a public key without the name of its host before it");
  }
  if (line.includes("PRIVATE KEY"))
    throw malformedKnownHost(number, "belongs to a private key, which must never stand here");
  if (type === void 0) throw malformedKnownHost(number, "is a single word");
  if (!KEY_TYPE.test(type)) throw malformedKnownHost(number, "has no type of key as its second word");
  if (key === void 0) throw malformedKnownHost(number, "has no key");
  const keyType = wholeStrings(key)?.[0]?.toString("latin1");
  if (keyType === void 0) throw malformedKnownHost(number, "has a key that is cut off or damaged");
  if (keyType !== type) throw malformedKnownHost(number, "has a key of another type than it says");
}
function wholeStrings(base642) {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base642)) return void 0;
  const blob = Buffer.from(base642, "base64");
  const strings = [];
  for (let at = 0; at < blob.length; ) {
    const end = blob.length - at < 4 ? Number.POSITIVE_INFINITY : at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return void 0;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings.length >= 2 ? strings : void 0;
}

// src/engine/known-hosts-check.ts
async function checkKnownHosts(hosts, tools) {
  if (await countReadableKeys(hosts, tools) === hosts.length) return;
  for (const host of hosts) {
    if (await countReadableKeys([host], tools) === 0)
      throw malformedKnownHost(host.number, "has a key that OpenSSH can not read");
  }
}
async function countReadableKeys(hosts, tools) {
  const stdin = hosts.map(({ line }) => `${line.replace(/^@\S+\s+/, "")}
`).join("");
  try {
    const { stdout } = await tools.run("ssh-keygen", ["-l", "-f", "-"], { env: sshEnvironment(), stdin });
    return stdout.split("\n").filter(Boolean).length;
  } catch (error2) {
    if (error2 instanceof CommandError) return 0;
    throw error2;
  }
}

// src/engine/private-keys.ts
var PEM_BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
var OPENSSH_MAGIC = "openssh-key-v1\0";
function parsePrivateKeys(text, passphrase) {
  const unwrapped = unwrap(text);
  const keys = [...unwrapped.matchAll(PEM_BLOCK)].map(
    ({ groups }) => normalizedKey(groups?.["label"] ?? "", groups?.["body"] ?? "")
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${explainNonKey(unwrapped)}`);
  if (passphrase === void 0 && keys.some(isEncrypted)) {
    throw new ConfigurationError(
      "ssh-key-passphrase: missing, and the key in ssh-key is encrypted. Give its passphrase as a secret, or a key without one (ssh-keygen -p -f KEY takes it off)."
    );
  }
  return keys;
}
function isEncrypted(key) {
  if (key.startsWith("-----BEGIN ENCRYPTED ") || /^Proc-Type: 4,ENCRYPTED$/m.test(key)) return true;
  if (!key.startsWith("-----BEGIN OPENSSH ")) return false;
  const blob = Buffer.from(key.split("\n").slice(1, -2).join(""), "base64");
  const length = blob.length >= OPENSSH_MAGIC.length + 4 ? blob.readUInt32BE(OPENSSH_MAGIC.length) : 0;
  return blob.toString("latin1", OPENSSH_MAGIC.length + 4, OPENSSH_MAGIC.length + 4 + length) !== "none";
}
function unwrap(text) {
  const plain = text.replaceAll(/\\r|\r/g, "").replaceAll("\\n", "\n").trim();
  if (plain.includes("-----BEGIN ") || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain)) return plain;
  const decoded = Buffer.from(plain, "base64").toString("latin1");
  return decoded.startsWith("-----BEGIN ") ? decoded : plain;
}
function normalizedKey(label, body) {
  const headers = /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s.exec(
    body
  )?.groups;
  const base642 = (headers?.["rest"] ?? body).replaceAll(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base642)) {
    throw new ConfigurationError(
      `ssh-key: what stands between BEGIN and END is not a key (${base642 === "" ? "nothing" : "other characters than base64"}). Give the whole text of the private key's file as a secret.`
    );
  }
  const lines = [
    `-----BEGIN ${label}-----`,
    ...headers === void 0 ? [] : [`Proc-Type: ${headers["type"]}`, `DEK-Info: ${headers["cipher"]}`, ""],
    ...base642.match(/.{1,64}/g) ?? [],
    `-----END ${label}-----`,
    ""
  ];
  const key = lines.join("\n");
  if (label === "OPENSSH PRIVATE KEY" && !Buffer.from(base642, "base64").toString("latin1").startsWith(OPENSSH_MAGIC)) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Give the whole text of the private key's file."
    );
  }
  return key;
}
function explainNonKey(text) {
  const give = "Give the text of the private key's file, beginning with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return `this is the public half of a key. ${give} (The public half goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and give the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text)?.groups?.["label"];
  if (label?.endsWith("PRIVATE KEY")) {
    return "the key ends early: its END line is missing. Was it cut when it was pasted, or only its first line given?";
  }
  if (label !== void 0) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${give}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text))
    return `this is a path, and the key itself is wanted. ${give}`;
  return `this is not a private key. ${give}`;
}

// src/engine/ssh-agent.ts
import { spawn as spawn2 } from "node:child_process";
import { once as once2 } from "node:events";
import { writeFile as writeFile6 } from "node:fs/promises";
import { join as join9 } from "node:path";
var KEY_LIFETIME = "120";
var ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;
async function startSshAgent(folder, keys, passphrase, tools) {
  const socket = join9(folder, "agent");
  const child = spawn2("ssh-agent", ["-a", socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat >/dev/null'], {
    env: sshEnvironment(),
    stdio: ["pipe", "pipe", "ignore"]
  });
  child.stdin.on("error", () => void 0);
  const exited = once2(child, "exit").then(() => void 0);
  const started = new Promise((resolve4) => {
    const lines = new LineSplitter((line) => resolve4(Number(line)));
    child.stdout.on("data", (chunk) => lines.push(chunk));
  });
  const pid = await Promise.race([started, exited]).catch((error2) => {
    throw sshStartError("ssh-agent", error2);
  });
  if (pid === void 0)
    throw new ConfigurationError("ssh-agent ended as soon as it was started on this runner.");
  const agent = {
    socket,
    fingerprints: async () => {
      const { stdout } = await tools.run("ssh-add", ["-l"], {
        env: { ...sshEnvironment(), SSH_AUTH_SOCK: socket },
        allowedExitCodes: [1, 2]
      });
      return stdout.split("\n").filter((line) => line.includes("SHA256:"));
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
    const askpass = join9(folder, "askpass");
    await writeFile6(askpass, ASKPASS, { mode: 448 });
    for (const key of keys) await addKey(tools, key, socket, askpass, passphrase);
    return agent;
  } catch (error2) {
    agent.end();
    throw error2;
  }
}
async function addKey(tools, key, socket, askpass, passphrase) {
  const env = {
    ...sshEnvironment(),
    SSH_AUTH_SOCK: socket,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: "force",
    DISPLAY: ":0",
    // Before OpenSSH 8.4, askpass was only used with one.
    SEALIFT_PASSPHRASE: passphrase ?? ""
  };
  try {
    await tools.run("ssh-add", ["-q", "-t", KEY_LIFETIME, "-"], { env, stdin: key });
  } catch (error2) {
    if (!(error2 instanceof CommandError)) throw error2;
    throw unreadableKeyError(key, passphrase, error2);
  }
}
function unreadableKeyError(key, passphrase, error2) {
  const options = { evidence: error2.evidence, cause: error2 };
  if (passphrase !== void 0 && !/invalid format|error in libcrypto/.test(error2.stderr)) {
    return new ConfigurationError("ssh-key-passphrase: it does not open the key in ssh-key.", options);
  }
  if (key.startsWith("-----BEGIN PRIVATE KEY-----")) {
    return new ConfigurationError(
      `ssh-key: OpenSSH can't read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Make one with: ssh-keygen -t ed25519`,
      options
    );
  }
  const wrongPassphrase = passphrase === void 0 ? "" : " Or ssh-key-passphrase is wrong.";
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key; some of it is missing or changed. Set the secret anew from the private key's file.${wrongPassphrase}`,
    options
  );
}

// src/engine/ssh-config.ts
var RESERVED = new Map([
  ...[
    "StrictHostKeyChecking",
    "UserKnownHostsFile",
    "GlobalKnownHostsFile",
    "KnownHostsCommand",
    "UpdateHostKeys",
    "VerifyHostKeyDNS",
    "NoHostAuthenticationForLocalhost"
  ].map(
    (keyword) => [keyword.toLowerCase(), "host keys are always checked, against the lines in known-hosts"]
  ),
  ...["IdentityAgent", "IdentitiesOnly", "AddKeysToAgent", "ForwardAgent"].map(
    (keyword) => [keyword.toLowerCase(), "the key is given with ssh-key and leaves this job in no way"]
  ),
  ...[
    "BatchMode",
    "ControlMaster",
    "ControlPath",
    "ControlPersist",
    "LocalForward",
    "RemoteForward",
    "DynamicForward",
    "ClearAllForwardings",
    "ExitOnForwardFailure",
    "RemoteCommand",
    "RequestTTY",
    "SessionType",
    "StdinNull",
    "ForkAfterAuthentication",
    "PermitLocalCommand",
    "LocalCommand",
    "Tunnel"
  ].map(
    (keyword) => [keyword.toLowerCase(), "Sealift opens the one connection that it needs, and in its own way"]
  )
]);
function renderSshConfig(lines, files) {
  const users = lines.split(/\r\n|\r|\n/).map((line) => line.trim());
  for (const [index, line] of users.entries()) refuseReserved(line, index + 1);
  const hops = unscopedJumpHosts(users);
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
    "  IdentitiesOnly no",
    "  AddKeysToAgent no",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  ControlMaster no",
    "  ControlPath none",
    "  PermitLocalCommand no",
    "  RequestTTY no",
    // A jump for every host would be one for the jump host too: ssh calls that a loop.
    ...hops.length === 0 ? [] : [`Host ${hops.join(" ")}`, "  ProxyJump none"],
    "Host *",
    USER_LINES,
    ...users,
    "Host *",
    "  ServerAliveInterval 5",
    "  ServerAliveCountMax 3",
    "  ConnectTimeout 15",
    // Without it ssh would try the keys that lie in the runner's home.
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
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why}. Take the line out.`);
}
function keywordOf(line) {
  return (/^"?(?<keyword>[A-Za-z0-9]+)/.exec(line)?.groups?.["keyword"] ?? "").toLowerCase();
}
function unscopedJumpHosts(lines) {
  const block = lines.findIndex((line) => ["host", "match"].includes(keywordOf(line)));
  const jumps = lines.slice(0, block < 0 ? void 0 : block).filter((line) => keywordOf(line) === "proxyjump");
  return jumps.map((line) => line.replace(/^"?proxyjump"?\s*[\s=]\s*/i, "").replaceAll('"', "")).flatMap((value) => value.split(",")).map(
    (hop) => hop.trim().replace(/^ssh:\/\//, "").replace(/^.*@/, "")
  ).map((hop) => hop.startsWith("[") ? hop.slice(1).replace(/\].*$/, "") : hop.replace(/:\d+\/?$/, "")).filter((hop) => hop !== "" && hop !== "none");
}
function quoted(path) {
  return `"${path.replaceAll("%", "%%")}"`;
}

// src/engine/ssh-errors.ts
var EXPLANATIONS = [
  {
    pattern: /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    configuration: true,
    explain: ({ line, why }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === void 0 ? "" : `line ${number}: `}${why}. See ssh_config(5).`;
    }
  },
  {
    pattern: /^jumphost loop via (?<jump>\S+)/,
    configuration: true,
    explain: ({ jump }, { name }) => `ssh-config: ProxyJump for ${name} leads from ${jump} to itself. Write "ProxyJump none" in a block "Host ${jump}".`
  },
  {
    pattern: /key for (?<host>\S+) is marked as revoked/,
    configuration: true,
    explain: ({ host }, { name }) => `known-hosts: the key that ${describeHost(host, name)} shows is marked as @revoked. The connection was not made.`
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    configuration: true,
    explain: ({ host }, { name }, lines) => {
      const shown = lines.map((line2) => /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/.exec(line2)?.groups?.["print"]).find(Boolean);
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.["kind"] ?? "";
      const line = matchLine(lines, /Offending .* key in .*:(?<line>\d+)$/)?.["line"];
      const known = line === void 0 ? "" : ` than line ${line} says`;
      return `known-hosts: ${describeHost(host, name)} shows another host key${known}: ${kind} ${shown ?? "unknown"}. Either it was set up anew or somebody stands between. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, put the new line from "${keyscanCommand(host)}" in its place.`;
    }
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    configuration: true,
    explain: ({ kind, host }, { name, offeredHostKey: offered }) => {
      const shown = offered ?? `a key of the type ${kind}`;
      return `known-hosts: no line is for ${describeHost(host, name)}, which shows ${shown}. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, add the line that "${keyscanCommand(host)}" prints. Nothing was trusted.`;
    }
  },
  {
    pattern: /^Host key verification failed/,
    configuration: true,
    explain: (_, { name }) => `known-hosts: the host key of ${name} could not be verified.`
  },
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host }, context) => {
      const who = user === void 0 ? "the user" : `the user ${user}`;
      const keys = context.keys.length === 0 ? "no key" : context.keys.map(keyFingerprint).join(" and ");
      return `${jumpHostPrefix(host, context)}the login was refused: ${who} does not accept the key in ssh-key (${keys}). Add its public half to ~/.ssh/authorized_keys of that user on the server, or change the user in hosts.`;
    }
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => "the login was refused after too many keys. Give only the key of this user in ssh-key."
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) => `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled right in hosts, and known to the runner's name server?`
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const way = why === "Connection refused" ? `No SSH server listens on port ${port} there. Is the port in hosts right, and sshd running?` : "Is the server up, and may this runner reach it (firewall, VPN, a ProxyJump in ssh-config)?";
      return `${jumpHostPrefix(host, context)}could not be reached: port ${port} of ${host}: ${why}. ${way}`;
    }
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () => 'the jump host refuses to pass the connection on. It needs AllowTcpForwarding (at least "local") in its sshd_config.'
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why }) => `the jump host could not reach it: ${why}. Are host and port in hosts right, as seen from the jump host?`
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) => `server and runner have no way to encrypt in common: ${why} The server's OpenSSH is old; update it, or allow its ways with ssh-config.`
  },
  {
    pattern: /timed out/i,
    explain: () => "the SSH server did not answer in time. Is the server up, and may this runner reach it (firewall, VPN, a ProxyJump in ssh-config)?"
  },
  {
    pattern: /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|not match SSH|Bad packet length|invalid characters/,
    explain: () => "the connection was closed before the login. Does an SSH server listen on that port, and does it let this runner in (fail2ban, MaxStartups, AllowUsers, a firewall)?"
  }
];
function sshLoginError(stderrLines, context) {
  const lines = stderrLines.filter((line) => !line.startsWith("debug") && line.trim() !== "");
  const options = { evidence: lines.slice(-12) };
  for (const { pattern, explain, configuration } of EXPLANATIONS) {
    const groups = matchLine(lines, pattern);
    if (groups === void 0) continue;
    const message = explain(groups, context, lines);
    return configuration ? new ConfigurationError(message, options) : new HostError(context.name, message, options);
  }
  if (context.exitCode !== void 0 && context.exitCode !== 255) {
    return new HostError(
      context.name,
      `the login worked, but the server does not run a command for this user${lines.length === 0 ? "" : ` ("${lines.at(-1)}")`}. Give the user a shell (usermod --shell /bin/sh USER), and no ForceCommand or command="…" for this key.`,
      options
    );
  }
  return new HostError(context.name, `ssh failed: ${lines.at(-1) ?? "it said nothing"}`, options);
}
function sshLostError(stderrLines, name, how) {
  const lines = stderrLines.filter((line) => !line.startsWith("debug") && line.trim() !== "");
  const options = { evidence: lines.slice(-5) };
  if (matchLine(lines, /^Timeout, server .* not responding/) !== void 0) {
    return new HostError(
      name,
      "the SSH connection was lost: the server did not answer for 15 s. Network or server went down.",
      options
    );
  }
  if (matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== void 0) {
    return new HostError(
      name,
      "the SSH connection was lost: the server closed it. Was sshd or the server restarted?",
      options
    );
  }
  return new HostError(name, `the SSH connection was lost: ssh ${how}.`, options);
}
function matchLine(lines, pattern) {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return match.groups ?? {};
  }
  return void 0;
}
function withoutBrackets(host) {
  const groups = /^\[(?<hostname>.*)\]:(?<port>\d+)$/.exec(host)?.groups;
  return { hostname: groups?.["hostname"] ?? host, port: groups?.["port"] };
}
function describeHost(host, name) {
  return host === void 0 ? name : `${host} (on the way to ${name})`;
}
function keyscanCommand(host) {
  const { hostname, port } = withoutBrackets(host ?? "HOST");
  return port === void 0 ? `ssh-keyscan ${hostname}` : `ssh-keyscan -p ${port} ${hostname}`;
}
function jumpHostPrefix(host, { hostname }) {
  return host === void 0 || withoutBrackets(host).hostname === hostname ? "" : `on the way there, at ${host}, `;
}
function keyFingerprint(key) {
  const [, print = key] = key.split(" ");
  return print;
}

// src/engine/ssh-tunnel.ts
var ENGINE_SOCKET = "/var/run/docker.sock";
var REMOTE_COMMAND = "echo ready; exec cat >/dev/null";
var MAX_FOLDER_LENGTH = 75;
var LOGIN_TIMEOUT = 6e4;
var KEPT_SSH_LINES = 60;
async function openSshTunnel(address, access2, tools) {
  const keys = parsePrivateKeys(access2.privateKey, access2.passphrase);
  const knownHosts = parseKnownHosts(access2.knownHosts);
  const folder = await privateFolder(tools.folder);
  const files = {
    knownHosts: join10(folder, "known_hosts"),
    agentSocket: join10(folder, "agent"),
    config: join10(folder, "config")
  };
  let agent;
  try {
    const config = renderSshConfig(access2.config, files);
    await Promise.all([
      writeFile7(files.knownHosts, renderKnownHosts(knownHosts), { mode: 384 }),
      writeFile7(files.config, config, { mode: 384 })
    ]);
    await checkKnownHosts(knownHosts, tools);
    agent = await startSshAgent(folder, keys, access2.passphrase, tools);
    return await sshLogIn(address, folder, { config, agent, tools });
  } catch (error2) {
    await rm3(folder, { recursive: true, force: true });
    throw error2;
  } finally {
    agent?.end();
  }
}
async function sshLogIn(address, folder, { config, agent, tools }) {
  const socketPath2 = join10(folder, "engine");
  const control = join10(folder, "ctl");
  const common = ["-F", join10(folder, "config"), "-T", ...destination(address)];
  const child = spawn3(
    "ssh",
    [
      ...["-M", "-S", control, "-L", `${socketPath2}:${ENGINE_SOCKET}`],
      ...["ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177"].flatMap(
        (option) => ["-o", option]
      ),
      ...common,
      REMOTE_COMMAND
    ],
    { env: sshEnvironment(), stdio: "pipe" }
  );
  const session = readSession(child, (line) => tools.log.debug(`${address.name}: ssh: ${line}`));
  const deadline = setTimeout(() => {
    session.stderrLines.push(`Connection timed out: no login within ${LOGIN_TIMEOUT / 1e3} s`);
    child.kill();
  }, LOGIN_TIMEOUT);
  if (!await session.ready.finally(() => clearTimeout(deadline))) {
    const exitCode = await session.ended;
    const context = {
      name: address.name,
      hostname: address.hostname,
      config,
      exitCode,
      keys: await agent.fingerprints()
    };
    throw sshLoginError(session.stderrLines, {
      ...context,
      offeredHostKey: await offeredKey(session.stderrLines, common, tools)
    });
  }
  let closing = false;
  let fallback;
  const end = async () => {
    child.stdin.end();
    child.kill();
    await session.ended;
    await (await fallback)?.close();
    await rm3(folder, { recursive: true, force: true });
  };
  const lost = new Promise((resolve4) => {
    void session.ended.then((code) => {
      if (closing) return;
      resolve4(
        sshLostError(
          session.stderrLines,
          address.name,
          code === void 0 ? "was ended by a signal" : `ended with exit code ${code}`
        )
      );
    });
  });
  return {
    socketPath: socketPath2,
    stderrLines: session.stderrLines,
    disconnected: lost,
    dialStdio: () => fallback ??= openDialStdio(join10(folder, "dial"), ["-S", control, ...common]),
    close: async () => {
      closing = true;
      await end();
    }
  };
}
function destination({ user, hostname, port }) {
  return [
    ...user === void 0 ? [] : ["-l", user],
    ...port === void 0 ? [] : ["-p", String(port)],
    "--",
    hostname
  ];
}
function readSession(child, onLine) {
  const stderrLines = [];
  const keep = (line) => {
    stderrLines.push(line);
    if (stderrLines.length > KEPT_SSH_LINES) stderrLines.shift();
    onLine(line);
  };
  const stderr = new LineSplitter(keep);
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  child.stdin.on("error", () => void 0);
  const ended = new Promise((resolve4) => {
    child.once("close", (code) => {
      stderr.end();
      resolve4(code ?? void 0);
    });
  });
  const ready = new Promise((resolve4, reject) => {
    const stdout = new LineSplitter((line) => line === "ready" ? resolve4(true) : keep(line));
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.once("error", (error2) => reject(sshStartError("ssh", error2)));
    void ended.then(() => {
      stdout.end();
      resolve4(false);
    });
  });
  return { stderrLines, ready, ended };
}
async function offeredKey(stderrLines, common, tools) {
  if (!stderrLines.some((line) => /^No \S+ host key is known for/.test(line))) return void 0;
  const codes = Array.from({ length: 256 }, (_, code) => code);
  const { stderr } = await tools.run("ssh", ["-v", ...common, "true"], {
    env: sshEnvironment(),
    allowedExitCodes: codes
  });
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.["key"];
}
async function privateFolder(parent) {
  const base = Buffer.byteLength(join10(parent, "hXXXXXX")) <= MAX_FOLDER_LENGTH ? join10(parent, "h") : join10(tmpdir(), "sealift-");
  const folder = await mkdtemp2(base);
  if (Buffer.byteLength(folder) <= MAX_FOLDER_LENGTH) return folder;
  await rm3(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The runner's folder for temporary files has too long a path for a socket: ${folder}. Set TMPDIR to a shorter one.`
  );
}

// src/engine/connect.ts
async function connect(address, access2, tools) {
  return new DockerEngine(await connectionTo(address, access2, tools));
}
async function connectionTo(address, access2, tools) {
  if (address.kind === "unix") return await overUnix(address);
  if (address.kind === "tcp") {
    if (access2.tls === void 0) throw missing(address, "tls-ca, tls-cert and tls-key");
    return await overTcp(address, access2.tls, tools);
  }
  if (access2.ssh === void 0) throw missing(address, "ssh-key and known-hosts");
  return await overSsh(address, access2.ssh, tools);
}
function missing(address, inputs) {
  return new ConfigurationError(`${inputs}: missing, and ${address.name} can't be reached without.`);
}
async function overUnix({ name, path }) {
  const client = new EngineClient(name, unixTransport(path));
  return {
    client,
    version: await negotiateApiVersion(client),
    cliEnvironment: socketCli(path),
    close: () => Promise.resolve()
  };
}
async function overTcp(address, tls, tools) {
  checkTls(tls);
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const version = await negotiateApiVersion(client);
  const files = await writeTlsFiles(tools.folder, tls);
  const stopHeartbeat = startHeartbeat(client, { host: address.hostname, port: address.port, ...tls });
  const cli = { DOCKER_HOST: address.name, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: files.folder };
  const close = async () => {
    stopHeartbeat();
    await files.remove();
  };
  return { client, version, cliEnvironment: cli, close };
}
async function overSsh(address, ssh, tools) {
  const tunnel2 = await openSshTunnel(address, ssh, tools);
  try {
    const client = clientThrough(tunnel2, address, tunnel2.socketPath);
    try {
      const version = await negotiateApiVersion(client);
      return { client, version, cliEnvironment: socketCli(tunnel2.socketPath), close: tunnel2.close };
    } catch (error2) {
      if (!isBroken(error2)) throw error2;
      client.disconnect(error2);
    }
    return await overDialStdio(address, tunnel2, tools);
  } catch (error2) {
    await tunnel2.close();
    throw error2;
  }
}
var DIAL_SOCKETS = 4;
async function overDialStdio(address, tunnel2, tools) {
  tools.log.debug(
    `${address.name}: the engine's socket can't be forwarded; asking it through "docker system dial-stdio".`
  );
  const dial2 = await tunnel2.dialStdio();
  const client = clientThrough(tunnel2, address, dial2.socketPath, DIAL_SOCKETS);
  try {
    return {
      client,
      version: await negotiateApiVersion(client),
      cliEnvironment: socketCli(dial2.socketPath),
      close: tunnel2.close
    };
  } catch (error2) {
    if (!isBroken(error2)) throw error2;
    throw sshEngineError(address, { forwarding: tunnel2.stderrLines, dialing: dial2.stderrLines }, error2);
  }
}
function clientThrough(tunnel2, address, path, sockets) {
  const client = new EngineClient(address.name, tunnelTransport(path, sockets));
  void tunnel2.disconnected.then((error2) => client.disconnect(error2));
  return client;
}
function isBroken(error2) {
  return error2 instanceof HostError && error2.cause instanceof Error && "code" in error2.cause;
}
function socketCli(path) {
  return { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
}

// src/edge/read-traffic.ts
function readTraffic(files, appEnvironment, accepted) {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? "";
  const trafficTo = (slot2) => {
    const release = state.get(fileName(releaseFile(slot2))) ?? "";
    return release === "" ? void 0 : { slot: slot2, release };
  };
  const canary2 = canarySlotIn(split);
  if (canary2 !== void 0) {
    return sharedTraffic(trafficTo(otherSlot(canary2)), trafficTo(canary2), accepted);
  }
  const slot = SLOTS.find((each) => ALL_TRAFFIC_TO[each] === split);
  const live = slot === void 0 ? void 0 : trafficTo(slot);
  if (live === void 0) return void 0;
  const otherRelease = mixedInRelease(state, appEnvironment, live);
  return sharedTraffic(
    live,
    otherRelease === void 0 ? void 0 : { slot: otherSlot(live.slot), release: otherRelease },
    accepted
  );
}
function readUpstreamContainers(files) {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? "";
  const slots = SLOTS.filter((slot) => canarySlotIn(split) !== void 0 || ALL_TRAFFIC_TO[slot] === split);
  const lists = [...state].filter(
    ([file, to]) => to.includes(":") && slots.some((slot) => file.startsWith(`${slot}.`))
  );
  return new Set(lists.map(([, to]) => to.slice(0, to.lastIndexOf(":"))));
}
function sharedTraffic(before, next, accepted) {
  if (before === void 0 || next === void 0) return before ?? next;
  return next.release === accepted ? { ...next, splitWith: before.release } : { ...before, splitWith: next.release };
}
function mixedInRelease(state, appEnvironment, live) {
  const prefix = `${baseProject(appEnvironment)}-`;
  const ids = [...state].filter(([file, to]) => file.startsWith(`${live.slot}.`) && to.includes(":") && to.startsWith(prefix)).map(([, to]) => /^([0-9a-f]{8})-/.exec(to.slice(prefix.length))?.[1]);
  return ids.find((id) => id !== void 0 && id !== live.release);
}
function edgeFiles(files) {
  return new Map(
    [...files].filter(([path]) => !path.includes("/") || /(?:^|\/)edge\/[^/]+$/.test(path)).map(([path, content]) => [fileName(path), content.toString("utf8").trim()])
  );
}

// src/rollout/observe-host.ts
async function observeHost(engine, appEnvironment) {
  const containers = await engine.listContainers([]);
  const own = containers.filter(
    (each) => each.labels[LABEL.app] === appEnvironment.app && each.labels[LABEL.environment] === appEnvironment.environment
  );
  const workloads = own.filter(
    (each) => each.labels[LABEL.role] !== "records" && each.labels[LABEL.role] !== "edge" && !isOneOff(each)
  );
  const [files, details] = await Promise.all([
    readState(engine, appEnvironment, own),
    inspectAll(engine, workloads)
  ]);
  const records = recordsFromFiles(files);
  const accepted = lastAcceptedRelease(records.history);
  const observed = details.map((detail) => ({
    labels: detail.labels,
    networks: Object.keys(detail.networks),
    container: observedContainer(detail)
  }));
  const edge = edgeState(own);
  const front = containers.find((each) => each.name === FRONT_CONTAINER);
  return {
    records,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === "running",
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, observed, records.releases),
      accessories: observed.filter(({ labels }) => labels[LABEL.release] === void 0).map(({ container }) => container),
      history: records.history,
      foreignPorts: foreignPorts(containers.filter((each) => !own.includes(each) && each !== front))
    }
  };
}
function observedContainer(details) {
  const status2 = details.health?.status;
  return {
    id: details.id,
    name: details.name,
    service: serviceOf(details) ?? details.name,
    number: replicaNumberOf(details),
    state: details.state,
    health: status2 === "none" ? void 0 : status2,
    exitCode: details.state === "exited" || details.state === "dead" ? details.exitCode : void 0,
    startedAt: details.startedAt.startsWith("0001") ? void 0 : details.startedAt,
    ...restartPolicyState(details),
    imageId: details.imageId,
    definitionFingerprint: details.labels[LABEL.definition]
  };
}
function restartPolicyState(details) {
  if (intendedRestartPolicy(details) === void 0) return {};
  const off = details.restartPolicy === "no";
  if (isStopped(details)) return { restartPolicyState: off ? "disabled" : "not-disabled" };
  return off ? { restartPolicyState: "missing" } : {};
}
function observedReleases(appEnvironment, observed, records) {
  const ids = new Set(records.map((record) => record.id));
  for (const { labels } of observed)
    if (labels[LABEL.release] !== void 0) ids.add(labels[LABEL.release] ?? "");
  return [...ids].map((id) => {
    const releaseContainers = observed.filter(({ labels }) => labels[LABEL.release] === id);
    const record = records.find((each) => each.id === id);
    return {
      id,
      containers: releaseContainers.map(({ container }) => container),
      slot: commonSlot(
        appEnvironment,
        releaseContainers.map(({ networks }) => networks)
      ),
      record,
      edge: record && requiredEdgeFingerprint(record)
    };
  });
}
function foreignPorts(containers) {
  const taken = containers.flatMap(
    (container) => container.ports.filter((port) => port.protocol === "tcp").map((port) => [port.port, container.name])
  );
  return new Map(taken);
}

// src/rollout/fleet.ts
async function openFleet(target, tools) {
  const engines = await onEveryHost(
    target.hosts,
    (address) => connect(address, target.access, tools),
    closeEngines
  );
  return createFleet(target, tools, engines);
}
async function surveyHosts(target, tools) {
  const results = await Promise.allSettled(
    target.hosts.map(async (address) => {
      const engine = await connect(address, target.access, tools);
      try {
        return await observeHost(engine, target);
      } finally {
        await engine.close();
      }
    })
  );
  return {
    observations: results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []),
    failures: target.hosts.flatMap(({ name }, index) => {
      const result = results[index];
      return result?.status === "rejected" ? [{ host: name, error: result.reason }] : [];
    })
  };
}
function createFleet(target, tools, engines) {
  return {
    engines,
    observe: (appEnvironment) => onEveryHost(engines, (engine) => observeHost(engine, appEnvironment)),
    close: () => closeEngines(engines),
    reconnect: async () => {
      if (!engines.some((engine) => engine.disconnected.aborted)) return createFleet(target, tools, engines);
      await closeEngines(engines);
      return openFleet(target, tools);
    }
  };
}
async function closeEngines(engines) {
  await Promise.allSettled(engines.map((engine) => engine.close()));
}
async function onEveryHost(items, what, cleanUp) {
  const settled = await Promise.allSettled(items.map(what));
  const failures = settled.flatMap(
    (result) => result.status === "rejected" ? [result.reason] : []
  );
  const results = settled.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  const errors = failures.map(
    (failure) => failure instanceof Error ? failure : new SealiftError(String(failure))
  );
  throw new SealiftError(
    `${errors.length} of ${items.length} hosts can't be used: ${errors.map((error2) => error2.message).join(" · ")}`,
    {
      evidence: errors.flatMap((error2) => error2 instanceof SealiftError ? error2.evidence : [])
    }
  );
}

// src/commands/deliver.ts
async function deliver(request3, context) {
  const { target, source, options } = request3;
  const { tools, report } = context;
  Object.assign(report, { app: target.app, environment: target.environment });
  const repository = source.kind === "build" ? source.repository : source.images.get("")?.repository ?? target.app;
  const connecting = inBackground(openFleet(target, tools));
  const reading = inBackground(
    group("Read the Compose file", async () => {
      const resolved = await resolveCompose(options.compose, target, repository, process.cwd(), tools);
      const split = splitProject(resolved, target, options.compose.domains, options.edge);
      if (source.kind === "existing") rejectUnknownServices(split, source.images.keys());
      for (const notice2 of split.notices) tools.log.notice(notice2);
      return { resolved, split };
    })
  );
  const imageLookup = startImageLookup(request3, reading, options, context);
  let fleet;
  try {
    const { split } = await reading;
    fleet = await group("Connect", () => connecting);
    const hooks = {
      before: parseHooks(split, "before-release", options.beforeRelease),
      after: parseHooks(split, "after-release", options.afterRelease)
    };
    const strategy = chooseStrategy(split, options.strategy);
    await preflight(fleet.engines, await fleet.observe(target), split);
    const images = await imageLookup.resolve();
    const health = { path: options.healthPath, timeout: options.healthTimeout };
    const made = makeRelease(split, images.images, health, originOf(context, images), options.force);
    Object.assign(report, { release: made.id, revision: made.origin.revision });
    fleet = await fleet.reconnect();
    const observations = await fleet.observe(target);
    const hosts = observations.map(({ host }) => host);
    const release = options.force ? made : reuseLiveReleaseId(made, hosts);
    report.release = release.id;
    await deployRelease({
      fleet,
      target,
      observations,
      release,
      strategy,
      keep: options.keep,
      command: "deploy",
      bake: options.bake,
      limits: options.limits,
      updateAccessories: options.accessories === "update",
      hooks,
      waves: options.waves,
      options,
      confidential: /* @__PURE__ */ new Map([[release.id, split.confidential]]),
      environment: () => Promise.resolve(images.environment),
      context
    });
  } finally {
    await imageLookup.close();
    await Promise.resolve(fleet ?? connecting).then(
      (open2) => open2.close(),
      () => void 0
    );
  }
}
function originOf({ commit }, { tags, revision }) {
  return {
    revision,
    ref: commit.ref,
    actor: commit.actor,
    runUrl: commit.runUrl,
    repository: commit.repository,
    tags,
    createdAt: (/* @__PURE__ */ new Date()).toISOString()
  };
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
  const fits = firstNonEmpty([
    records.releases.filter((release) => release.id === to),
    past.filter(
      (release) => Object.values(release.services).some(
        (service) => service.image === to || digestOf(service.image) === to
      )
    ),
    past.filter((release) => release.origin.tags.includes(to)),
    /^[0-9a-f]{4,40}$/.test(to) ? past.filter((release) => release.origin.revision?.startsWith(to) === true) : []
  ]);
  const [only, ...others] = fits;
  if (only !== void 0 && (others.length === 0 || areOfOneCommit(fits))) return only;
  throw new ConfigurationError(
    fits.length === 0 ? `to: ${host.host} has no release "${to}"${prunedHint(to, records)}. ${past.length === 0 ? "None is recorded there." : `There are: ${describeReleases(past)}.`}` : `to: "${to}" fits several releases on ${host.host}: ${describeReleases(fits)}. Name one by its id.`
  );
}
var prunedHint = (to, { history }) => history.some(({ release, event }) => release === to && event !== "rolled-back") ? ` any more: the deploy's "keep" says how many stay` : "";
function noPreviousReleaseText(live, before, { history }) {
  const known = before ?? standingAcceptances(history).findLast(({ release }) => release !== live)?.release;
  if (known === void 0) return `there is no release before ${live ?? "the first one"} to go back to.`;
  return `${known} was live before ${live ?? "this"} and is not kept any more, so there is nothing to go back to: the deploy's "keep" says how many releases stay, the live one among them. Deploy its image again (input "image"), and set keep to 2 or more.`;
}
var describeReleases = (releases) => releases.map(({ id, origin }) => `${id} (${origin.revision?.slice(0, 7) ?? "no commit"})`).join(", ");
function acceptedReleases({ history, releases }) {
  const ids = new Set(
    standingAcceptances(history).map((entry) => entry.release).reverse()
  );
  return [...ids].flatMap((id) => releases.filter((release) => release.id === id));
}
var firstNonEmpty = (groups) => groups.find((each) => each.length > 0) ?? [];
function areOfOneCommit(releases) {
  const [first] = releases;
  return first?.origin.revision !== void 0 && releases.every((release) => release.origin.revision === first.origin.revision);
}

// src/commands/rollback.ts
async function rollback(request3, context) {
  const { target, options } = request3;
  Object.assign(context.report, {
    app: target.app,
    environment: target.environment
  });
  const fleet = await group("Connect", () => openFleet(target, context.tools));
  try {
    const observations = await fleet.observe(target);
    const found = requireSameRelease(findOnAnyHost(observations, request3.to), target.environment);
    const release = withHealthTimeout(found, request3.healthTimeout);
    Object.assign(context.report, {
      release: release.id,
      revision: release.origin.revision,
      tags: release.origin.tags
    });
    await deployRelease({
      fleet,
      target,
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
      environment: () => registryEnvironment(request3.registry, release, context.tools),
      context
    });
  } finally {
    await fleet.close();
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
  if (first === void 0) throw new ConfigurationError("hosts: no host is given.");
  const ids = [...new Set(found.map((release) => release.id))];
  if (ids.length > 1) {
    throw new ConfigurationError(
      `to: the hosts of ${environment} do not have the same previous release (${ids.join(", ")}). Name the one to go back to.`
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

// src/report/status-table.ts
var LOG_COLUMNS = ["", "release", "commit", "since", "by", "condition"];
function statusLines(hosts) {
  return hosts.flatMap((host) => {
    const rows = host.kept.map(
      (kept) => [
        kept.live ? "●" : "○",
        kept.release,
        kept.revision?.slice(0, 7) ?? "–",
        kept.acceptedAt ?? "never accepted",
        kept.actor ?? "–",
        kept.condition
      ].map(oneLine)
    );
    const widths = LOG_COLUMNS.map(
      (title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
    );
    const line = (cells2) => `  ${cells2.map((cell2, column) => cell2.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}`;
    return [
      `${host.host}: ${host.why}`,
      ...rows.length === 0 ? [] : [line(LOG_COLUMNS), ...rows.map(line)]
    ];
  });
}

// src/commands/status.ts
async function status(request3, context) {
  const { target } = request3;
  Object.assign(context.report, {
    app: target.app,
    environment: target.environment
  });
  const { observations, failures } = await group("Connect", () => surveyHosts(target, context.tools));
  const hosts = target.hosts.map(({ name }) => {
    const observation = observations.find(({ host }) => host.host === name);
    const failure = failures.find(({ host }) => host === name);
    return observation === void 0 ? {
      host: name,
      was: void 0,
      is: void 0,
      unknown: true,
      why: messageWithoutHost(name, failure?.error),
      kept: []
    } : statusReport(observation.host);
  });
  const live = commonRelease(hosts);
  const record = observations[0]?.records.releases.find((release) => release.id === live);
  Object.assign(context.report, {
    result: "reported",
    release: live,
    live,
    revision: record?.origin.revision,
    images: Object.fromEntries(
      Object.values(record?.services ?? {}).map((service) => [service.name, service.image])
    ),
    hosts
  });
  for (const line of statusLines(hosts)) context.tools.log.info(line);
  const [first, ...others] = failures;
  if (first === void 0) return;
  if (others.length === 0) throw first.error;
  const evidence = failures.flatMap(({ error: error2 }) => error2 instanceof SealiftError ? error2.evidence : []);
  throw new SealiftError(describeFailures(failures), { evidence: [...new Set(evidence)] });
}

// src/image/commit-context.ts
import { execFile } from "node:child_process";
import { existsSync as existsSync4 } from "node:fs";
import { readFile as readFile4 } from "node:fs/promises";
import { join as join11 } from "node:path";
import { promisify } from "node:util";
async function readCommitContext(environment = process.env) {
  const [payload, checkout] = await Promise.all([
    readPayload(environment["GITHUB_EVENT_PATH"]),
    readCheckout(environment["GITHUB_WORKSPACE"] || process.cwd())
  ]);
  return commitContext(environment, payload, checkout);
}
function commitContext(environment, payload, checkout) {
  const told = environment["GITHUB_SHA"] || void 0;
  const other = checkout !== void 0 && told !== void 0 && checkout.sha !== told;
  const ref = environment["GITHUB_REF"] || void 0;
  const server = environment["GITHUB_SERVER_URL"] || "https://github.com";
  const repository = environment["GITHUB_REPOSITORY"] || void 0;
  const source = repository === void 0 ? void 0 : `${server}/${repository}`;
  const run = environment["GITHUB_RUN_ID"] || void 0;
  const at = checkout?.committedAt ?? eventCommitTime(payload, told);
  return {
    sha: checkout?.sha ?? told,
    committedAt: at === void 0 ? void 0 : toUtc(at),
    ref: other ? void 0 : ref,
    event: environment["GITHUB_EVENT_NAME"] || void 0,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor: environment["GITHUB_TRIGGERING_ACTOR"] || environment["GITHUB_ACTOR"] || void 0,
    runUrl: source === void 0 || run === void 0 ? void 0 : `${source}/actions/runs/${run}`,
    note: other ? `The checkout holds commit ${checkout.sha}, while the event is of ${told}${ref === void 0 ? "" : ` (${ref})`}: the image is named after the checkout.` : void 0
  };
}
function eventCommitTime(payload, sha) {
  const head = jsonField(payload, "head_commit");
  const time = jsonField(head, "timestamp");
  return sha !== void 0 && jsonField(head, "id") === sha && typeof time === "string" ? time : void 0;
}
function pullRequestOf(payload, ref) {
  const told = jsonField(jsonField(payload, "pull_request"), "number");
  if (typeof told === "number") return told;
  const number = /^refs\/pull\/(?<number>\d+)\//.exec(ref ?? "")?.groups?.["number"];
  return number === void 0 ? void 0 : Number(number);
}
async function readPayload(path) {
  if (path === void 0 || path === "") return void 0;
  try {
    const payload = JSON.parse(await readFile4(path, "utf8"));
    return payload;
  } catch {
    return void 0;
  }
}
async function readCheckout(folder) {
  if (!existsSync4(join11(folder, ".git"))) return void 0;
  try {
    const { stdout } = await promisify(execFile)("git", [
      ...["-c", `safe.directory=${folder}`, "-C", folder],
      ...["log", "-1", "--no-show-signature", "--format=%H %cI"]
    ]);
    const [sha, committedAt] = stdout.trim().split(" ");
    return sha === void 0 || committedAt === void 0 ? void 0 : { sha, committedAt };
  } catch {
    return void 0;
  }
}
function toUtc(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? void 0 : date.toISOString().replace(".000Z", "Z");
}
function jsonField(of, name) {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : void 0;
}

// src/model/host-address.ts
import { isIPv6 as isIPv62 } from "node:net";
var URL_PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<credentials>[^/]*)@)?(?<host>\[[^\]]*\]|[^/:?#]*)(?<port>:[^/?#]*)?(?<rest>.*)$/s;
var HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
var USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?$/;
function parseHostAddress(line) {
  const text = line.trim();
  const parts = URL_PARTS.exec(text)?.groups;
  const scheme = parts?.["scheme"]?.toLowerCase();
  const fail = (why) => {
    throw new ConfigurationError(`hosts: "${withoutPassword(text)}" ${why}`);
  };
  if (parts === void 0 || scheme === void 0) {
    return fail(
      text.startsWith("/") ? `is no URL. Write unix://${text}.` : `is no URL. Write ssh://${text.includes("@") ? "" : "user@"}${withoutPassword(text)}.`
    );
  }
  if (scheme === "unix") return parseUnix(text.slice("unix://".length), fail);
  if (scheme !== "ssh" && scheme !== "tcp") {
    const advice = scheme === "http" || scheme === "https" ? " An engine over TCP with TLS is tcp://host:2376." : "";
    return fail(`has the scheme ${scheme}://, which is not one of ssh://, tcp:// and unix://.${advice}`);
  }
  const hostname = parseHostname(parts["host"] ?? "", fail);
  const port = parsePort(parts["port"], fail);
  const rest = parts["rest"] ?? "";
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (parts["credentials"]?.includes(":")) {
    return fail(
      "has a password. Passwords are not used: log in with a key (ssh-key) or a certificate (tls-cert, tls-key)."
    );
  }
  if (scheme === "tcp") {
    if (parts["credentials"] !== void 0)
      return fail("has a user, and an engine over TCP knows none. Take it out.");
    if (rest !== "" && rest !== "/") return fail("has a path. Write only tcp://host:port.");
    return { kind: "tcp", name: `tcp://${shown}:${port ?? 2376}`, hostname, port: port ?? 2376 };
  }
  if (rest !== "" && rest !== "/") {
    return fail(
      `has a path. Write only ssh://user@host:port; the engine is asked at /var/run/docker.sock, or wherever the docker command of that user finds it.`
    );
  }
  const user = parseUser(parts["credentials"], fail);
  const at = user === void 0 ? "" : `${user}@`;
  const ported = port === void 0 || port === 22 ? "" : `:${port}`;
  return { kind: "ssh", name: `ssh://${at}${shown}${ported}`, user, hostname, port };
}
function parseUnix(path, fail) {
  if (!path.startsWith("/"))
    return fail("has no absolute path. Write unix:///var/run/docker.sock, with three slashes.");
  if (Buffer.byteLength(path) > 107)
    return fail("has a path of more than 107 bytes, which no socket can have.");
  const normal = path.replaceAll(/\/{2,}/g, "/");
  return { kind: "unix", name: `unix://${normal}`, path: normal };
}
function parseHostname(host, fail) {
  if (host.startsWith("[")) {
    const address = host.slice(1, -1).toLowerCase();
    return isIPv62(address) ? address : fail("has no valid IPv6 address between its brackets.");
  }
  if (host === "") return fail("names no host.");
  return HOSTNAME.test(host) ? host.toLowerCase() : fail("names no valid host. An IPv6 address goes between brackets.");
}
function parsePort(text, fail) {
  if (text === void 0) return void 0;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port >= 1 && port <= 65535) return port;
  return fail("has no valid port: a number from 1 to 65535. An IPv6 address goes between brackets.");
}
function parseUser(text, fail) {
  if (text === void 0) return void 0;
  let user;
  try {
    user = decodeURIComponent(text);
  } catch {
    return fail("has a user with a broken %-escape.");
  }
  return USER.test(user) ? user : fail('has no valid user before the "@".');
}
function withoutPassword(text) {
  return text.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, "$<before>:***@");
}

// src/inputs/pem.ts
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
  const is = kind === void 0 ? "" : ` It holds a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM form.${is} Give the text of the file, beginning with ${begin}, not its path.`
  );
}

// src/inputs/access.ts
function readHosts(inputs) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { number, text } of inputs.numberedLines("hosts")) {
    rejectSeveralHosts(text, number);
    const host = parseHostAddress(text);
    if (hosts.has(host.name)) throw new ConfigurationError(`hosts: ${host.name} is listed twice.`);
    hosts.set(host.name, host);
  }
  if (hosts.size === 0)
    throw new ConfigurationError("hosts: no line names a host. Write ssh://user@host, one a line.");
  return [...hosts.values()];
}
function rejectSeveralHosts(line, number) {
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const between = /[\s,;]/.exec(line)?.[0];
  if (between === void 0) return;
  const what = between === "," ? "a comma" : between === ";" ? "a semicolon" : "a space";
  throw new ConfigurationError(
    `hosts, line ${number}: there is ${what} in it, and a line names one host. Write "hosts: |" and below it each host on a line of its own, with nothing between them.`
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
      `Over SSH a host is only trusted by a key that is known before. Run "ssh-keyscan ${scan}" from a network that you trust, compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and give its lines.`
    ),
    privateKey: inputs.required(
      "ssh-key",
      `Give the private key for ${hostname}, best as a secret: ssh-key: \${{ secrets.SSH_KEY }}. Is the secret set, and may this job read it?`
    ),
    passphrase: inputs.text("ssh-key-passphrase"),
    config: inputs.text("ssh-config") ?? ""
  };
}
function readTlsAccess(inputs, host) {
  const advice = `${host} is an engine over TCP, which is only spoken to with certificates on both sides: give tls-ca, tls-cert and tls-key.`;
  return {
    ca: checkCertificate("tls-ca", inputs.required("tls-ca", advice)),
    cert: checkCertificate("tls-cert", inputs.required("tls-cert", advice)),
    key: checkPrivateKey("tls-key", inputs.required("tls-key", advice))
  };
}

// src/inputs/compose.ts
import { existsSync as existsSync5, readdirSync } from "node:fs";

// src/inputs/declared-inputs.ts
var TARGET_INPUTS = { app: "", environment: "", hosts: "" };
var ACCESS_INPUTS = {
  "ssh-key": "",
  "ssh-key-passphrase": "",
  "known-hosts": "",
  "ssh-config": "",
  "tls-ca": "",
  "tls-cert": "",
  "tls-key": ""
};
var REGISTRY_INPUTS = { "registry-username": "", "registry-password": "", "github-token": "" };
var BUILD_INPUTS = {
  context: ".",
  file: "",
  target: "",
  "build-args": "",
  "build-secrets": "",
  platforms: "",
  labels: "",
  "cache-from": "",
  "cache-to": "",
  provenance: "",
  sbom: "",
  pull: "false",
  "no-cache": "false",
  "add-hosts": "",
  "build-contexts": "",
  tags: "",
  test: "",
  rebuild: "false"
};
var COMPOSE_INPUTS = { "compose-file": "compose.yaml", env: "" };
var ACME_INPUTS = { "acme-email": "", "acme-directory": "", "acme-ca": "" };
var ROLLOUT_INPUTS = {
  ...ACME_INPUTS,
  "drain-timeout": "30s",
  url: "",
  "url-status": "200-399",
  "url-body": "",
  "url-timeout": "60s",
  "dry-run": "false",
  "edge-image": "caddy:2.11"
};
var DEPLOY_INPUTS = {
  ...ROLLOUT_INPUTS,
  port: "",
  volumes: "",
  domains: "",
  strategy: "",
  canary: "",
  "canary-max-errors": "1%",
  "canary-max-latency-ratio": "1.5",
  "canary-min-requests": "100",
  "canary-too-few": "go-on",
  bake: "0s",
  "max-parallel": "",
  "before-release": "",
  "after-release": "",
  accessories: "leave",
  force: "false",
  edge: "caddy",
  "health-path": "",
  "health-timeout": "60s",
  keep: "5"
};
var IMAGE_INPUTS = { image: "" };
var INPUTS = {
  deliver: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...IMAGE_INPUTS,
    ...REGISTRY_INPUTS,
    ...BUILD_INPUTS,
    ...COMPOSE_INPUTS,
    ...DEPLOY_INPUTS
  },
  build: { ...IMAGE_INPUTS, ...REGISTRY_INPUTS, ...BUILD_INPUTS, ...COMPOSE_INPUTS },
  deploy: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...IMAGE_INPUTS,
    ...REGISTRY_INPUTS,
    ...COMPOSE_INPUTS,
    ...DEPLOY_INPUTS
  },
  rollback: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...REGISTRY_INPUTS,
    ...ROLLOUT_INPUTS,
    to: "",
    "health-timeout": ""
  },
  status: { ...TARGET_INPUTS, ...ACCESS_INPUTS }
};
function defaultOfInput(command, name) {
  return new Map(Object.entries(INPUTS[command])).get(name);
}
function actionFolder(command) {
  return command === "deliver" ? "the main action" : `${command}/`;
}

// src/inputs/domains.ts
import { isIP } from "node:net";
import { domainToASCII } from "node:url";

// src/inputs/ports.ts
function isPort(text) {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}

// src/inputs/domains.ts
var DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
function readDomainsInput(inputs) {
  const domains = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("domains")) {
    const equals = line.indexOf("=");
    const domain = parseDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain)) throw new ConfigurationError(`domains: "${domain}" is given a second time.`);
    domains.set(domain, equals < 0 ? void 0 : parseServiceAndPort(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}
function parseDomain(text) {
  const refuse = (why) => new ConfigurationError(`domains: "${text}" ${why}`);
  if (text.includes("*"))
    throw refuse("is a wildcard, and each certificate is for one name. List the domains.");
  if (text.includes("/")) throw refuse("is an address. Write the domain alone, without https:// and path.");
  if (isIP(text) !== 0)
    throw refuse("is an IP address, for which no certificate is made. Publish a port instead.");
  if (text.includes(":"))
    throw refuse(
      "has a port. Domains are served on 443 (and 80); write the port of the app as domain=service:port."
    );
  const domain = domainToASCII(text);
  if (domain.length > 253 || !domain.split(".").every((label) => DNS_LABEL.test(label))) {
    throw refuse("is not a domain name.");
  }
  return domain;
}
function parseServiceAndPort(domain, text) {
  const parts = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text)?.groups;
  const port = parts?.["port"];
  if (parts?.["service"] === void 0 || port !== void 0 && !isPort(port)) {
    throw new ConfigurationError(
      `domains: "${text}" of ${domain} is not service or service:port, such as web:8080.`
    );
  }
  return { service: parts["service"], port: port === void 0 ? void 0 : Number(port) };
}

// src/inputs/compose.ts
var OTHER_COMPOSE_FILES = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];
var RESERVED_VARIABLES = /* @__PURE__ */ new Map([
  ["IMAGE", "it is set to the image that was built or given (input image)"],
  ["PATH", "it says where the runner finds its programs"],
  ["HOME", "it is the runner's own"],
  ["DOCKER_HOST", "hosts are named by the input hosts"],
  ["DOCKER_CONTEXT", "hosts are named by the input hosts"],
  ["DOCKER_CONFIG", "registries are logged in to by registry-username and registry-password"],
  ["DOCKER_TLS", "certificates are given by tls-ca, tls-cert and tls-key"],
  ["DOCKER_TLS_VERIFY", "certificates are given by tls-ca, tls-cert and tls-key"],
  ["DOCKER_CERT_PATH", "certificates are given by tls-ca, tls-cert and tls-key"],
  ["DOCKER_API_VERSION", "it is negotiated with each host"],
  ["COMPOSE_FILE", "files are named by the input compose-file"],
  ["COMPOSE_PROJECT_NAME", "the app is named by the input app"]
]);
var VOLUME_SPEC = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;
function readComposeSource(inputs) {
  const files = findComposeFiles(inputs);
  const port = readPortInput(inputs);
  const volumes = readVolumes(inputs);
  if (files === void 0 && port === void 0) {
    throw new ConfigurationError(
      `compose-file: ${missingFileText(inputs.lines("compose-file"))} Name your Compose file, or set port to the port that the app listens on to do without one.`
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomainsInput(inputs) };
}
function readComposeFiles(inputs) {
  return { files: findComposeFiles(inputs), variables: readVariables(inputs) };
}
function unusedMinimalInputs(source) {
  if (source.files === void 0) return [];
  const files = source.files.join(", ");
  return [source.port === void 0 ? [] : ["port"], source.volumes.length === 0 ? [] : ["volumes"]].flat().map(
    (name) => `${name}: not used, since ${files} describes the app. It is for apps without a Compose file.`
  );
}
function findComposeFiles(inputs) {
  const files = inputs.lines("compose-file");
  const absent = files.filter((file) => !existsSync5(file));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === defaultOfInput(inputs.command, "compose-file")) return void 0;
  throw new ConfigurationError(`compose-file: ${missingFileText(absent)}`);
}
function missingFileText(absent) {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0) {
    return `${folder} is empty. Run actions/checkout before this step.`;
  }
  const other = OTHER_COMPOSE_FILES.find((name) => existsSync5(name) && !absent.includes(name));
  const there = other === void 0 ? "" : ` There is ${other}; set compose-file: ${other} to use it.`;
  return `"${absent.join('", "')}" is not in ${folder}.${there}`;
}
function readVariables(inputs) {
  const variables = inputs.pairs("env");
  for (const name of variables.keys()) {
    const why = RESERVED_VARIABLES.get(name);
    if (why !== void 0)
      throw new ConfigurationError(`env: "${name}" can't be set: ${why}. Use another name.`);
  }
  return variables;
}
function readPortInput(inputs) {
  const text = inputs.text("port");
  if (text === void 0) return void 0;
  const ports = text.split(":");
  if (ports.length <= 2 && ports.every(isPort)) return text;
  throw new ConfigurationError(
    `port: "${text}" is not a port. Write the port the app listens on (8080), or the host's and the container's (80:8080).`
  );
}
function readVolumes(inputs) {
  const volumes = inputs.lines("volumes");
  for (const volume of volumes) {
    const source = VOLUME_SPEC.exec(volume)?.groups?.["source"];
    if (source === void 0) {
      throw new ConfigurationError(
        `volumes: "${volume}" is not name:/path or /host/path:/path, with ":ro" or ":rw" if need be.`
      );
    }
    if (source.startsWith("/") || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) continue;
    throw new ConfigurationError(
      `volumes: "${source}" is a path of the checkout, which a host does not have. Name a volume, give an absolute path of the host, or copy the files into the image.`
    );
  }
  return volumes;
}

// src/inputs/command-lines.ts
function readCommandLines(inputs, name) {
  return joinContinuedLines(inputs.text(name) ?? "").map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts?.["service"] ?? "";
    const command = parts?.["command"]?.trim() ?? line;
    if (command === "") throw new ConfigurationError(`${name}: "${line}" gives no command for "${service}".`);
    if (parts !== void 0 && service === "") {
      throw new ConfigurationError(
        `${name}: "${line}" names no service before the "=". Write service=command, or the command alone.`
      );
    }
    return { service, command };
  });
}
function joinContinuedLines(text) {
  const whole = [];
  let open2;
  for (const line of text.split(/\r?\n/)) {
    if (open2 === void 0 && (line.trim() === "" || line.trim().startsWith("#"))) continue;
    const command = open2 === void 0 ? line.trim() : `${open2}
${line.trimEnd()}`;
    open2 = isIncompleteCommand(command) ? command : void 0;
    if (open2 === void 0) whole.push(command);
  }
  return open2 === void 0 ? whole : [...whole, open2];
}
function groupByService(commands) {
  const grouped = /* @__PURE__ */ new Map();
  for (const { service, command } of commands) {
    grouped.set(service, [...grouped.get(service) ?? [], command]);
  }
  return grouped;
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
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
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
    context: inputs.text("context") ?? ".",
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
    addHosts: readMatchingLines(inputs, "add-hosts", /^[^\s:=]+[:=]\S+$/, "host:address"),
    buildContexts: readMatchingLines(
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
function joinPairs(pairs) {
  return [...pairs].map(([key, value]) => `${key}=${value}`);
}
function readPlatforms(inputs) {
  const platforms = inputs.lines("platforms").flatMap((line) => line.split(",")).map((platform2) => platform2.trim()).filter((platform2) => platform2 !== "");
  for (const platform2 of platforms) {
    if (PLATFORM.test(platform2)) continue;
    throw new ConfigurationError(
      `platforms: "${platform2}" is not os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7.`
    );
  }
  return [...new Set(platforms)];
}
function readCaches(inputs, name) {
  const caches = inputs.lines(name);
  for (const cache of caches) {
    const secret = CACHE_SECRET.exec(cache)?.groups?.["field"];
    if (secret !== void 0) {
      throw new ConfigurationError(
        `${name}: "${secret}" would show on the command line of the build. Leave it out and give credentials in the job's environment (AWS_SECRET_ACCESS_KEY and so on).`
      );
    }
    const type = /(?:^|,)\s*type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"]?.trim();
    if (type === void 0 && !cache.includes("=")) continue;
    if (type !== void 0 && CACHE_TYPES.includes(type)) continue;
    const problem = type === void 0 ? "names no type" : `has the unknown type "${type}"`;
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
  throw new ConfigurationError(
    `${name}: "${text}" is not true, false or attributes such as ${example}.${didYouMean(text, ["true", "false"])}`
  );
}
function readMatchingLines(inputs, name, shape, form) {
  const lines = inputs.lines(name);
  const wrong = lines.find((line) => !shape.test(line));
  if (wrong === void 0) return lines;
  throw new ConfigurationError(`${name}: "${wrong}" is not ${form}.`);
}
function readTags(inputs) {
  const tags = inputs.lines("tags");
  for (const tag of tags) {
    const filled = tag.replaceAll(/\{\{(?<name>.*?)\}\}/g, (whole, name) => {
      checkTagTemplate(whole, name.trim());
      return "x";
    });
    if (isTag(filled)) continue;
    throw new ConfigurationError(
      `tags: "${tag}" is not a legal tag: letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"; one tag a line.`
    );
  }
  return [...new Set(tags)];
}
function checkTagTemplate(whole, name) {
  if (TAG_TEMPLATES.some((known2) => known2 === name)) return;
  const meant = nearestWord(name, TAG_TEMPLATES);
  const advice = meant === void 0 ? "" : ` Did you mean {{${meant}}}?`;
  const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(", ");
  throw new ConfigurationError(`tags: ${whole} is not known; ${known} are.${advice}`);
}

// src/inputs/image.ts
var SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;
function readImageSource(inputs) {
  const images = readImages(inputs);
  const whole = images.get("");
  const built = images.size === 0 || images.size === 1 && whole !== void 0 && isRepositoryOnly(whole);
  return built ? buildImageSource(inputs, whole) : existingImageSource(images);
}
function readBuildImageSource(inputs) {
  const images = readImages(inputs);
  const whole = images.get("");
  if (images.size > (whole === void 0 ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ builds every service itself. Give one repository; services get names of their own from it or from "image:" in the Compose file.'
    );
  }
  if (whole?.digest !== void 0) {
    throw new ConfigurationError(
      "image: a digest names an image that exists already. Give build/ a repository to build to."
    );
  }
  if (whole?.tag !== void 0) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write image: ${whole.repository} and tags: ${whole.tag}.`
    );
  }
  return buildImageSource(inputs, whole);
}
function readExistingImageSource(inputs) {
  inputs.required(
    "image",
    'Give the image to deploy, best as repository@sha256:…: the output "image" of build/.'
  );
  return existingImageSource(readImages(inputs));
}
function readImages(inputs) {
  const images = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("image")) {
    const parts = SERVICE_LINE.exec(line)?.groups;
    const service = parts?.["service"] ?? "";
    const image = parts?.["image"] ?? line;
    if (images.has(service)) {
      const what = service === "" ? "a second image without a service" : `a second image for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is ${what}. For several services write lines of service=image.`
      );
    }
    images.set(service, parseImageReference(image, "image"));
  }
  return images;
}
function buildImageSource(inputs, image) {
  return {
    kind: "build",
    repository: image?.repository ?? defaultRepository(),
    options: readBuildOptions(inputs)
  };
}
function existingImageSource(images) {
  for (const [service, image] of images) {
    if (!isRepositoryOnly(image)) continue;
    const where = service === "" ? "" : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${where} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`
    );
  }
  return { kind: "existing", images };
}
function isRepositoryOnly(image) {
  return image.tag === void 0 && image.digest === void 0;
}
function defaultRepository() {
  const repository = (process.env["GITHUB_REPOSITORY"] ?? "").toLowerCase();
  const server = process.env["GITHUB_SERVER_URL"] ?? "https://github.com";
  const advice = "Set image to a repository that this job can push to: registry.example.com/me/shop.";
  if (server !== "https://github.com") {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${server}. ${advice}`);
  }
  const image = `ghcr.io/${repository}`;
  if (repository !== "" && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository "${repository}" gives no name for it. ${advice}`
  );
}

// src/inputs/names.ts
var LEGAL_NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;
var MAX_DNS_LABEL = 63;
var MAX_PROJECT_NAME = 40;
function checkApp(text) {
  if (LEGAL_NAME.test(text)) return text;
  throw new ConfigurationError(`app: "${text}" ${illegalNameText(text)}`);
}
function defaultAppName(repository) {
  const name = toLegalName(repository.slice(repository.indexOf("/") + 1));
  if (LEGAL_NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository "${repository}" gives no name for it. Set app to a name of lower-case letters and digits.`
  );
}
function checkEnvironment(text) {
  if (LEGAL_NAME.test(text)) return text;
  const lower = text.toLowerCase();
  const problem = LEGAL_NAME.test(lower) ? `has capital letters. Write "${lower}": it is the same environment for GitHub, which ignores case.` : illegalNameText(text);
  throw new ConfigurationError(`environment: "${text}" ${problem}`);
}
function checkProjectLength(app, environment) {
  const { length } = `${app}-${environment}`;
  if (length <= MAX_PROJECT_NAME) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters and begins the name of every container, which is a DNS label of at most ${MAX_DNS_LABEL}. Give app a name that is ${length - MAX_PROJECT_NAME} shorter.`
  );
}
function illegalNameText(text) {
  const better = toLegalName(text);
  const advice = LEGAL_NAME.test(better) ? ` Write "${better}", for example.` : "";
  return `can't be used as a name: lower-case letters and digits, with "-" or "_" between them.${advice}`;
}
function toLegalName(text) {
  return text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/_+-[-_]*|-+_[-_]*|_{3,}/g, "-").replace(/^[-_]+/, "").replace(/[-_]+$/, "");
}

// src/model/strategy.ts
var STRATEGY_NAMES = ["blue-green", "rolling", "canary", "recreate"];

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
function parsePairs(text, input, key = VARIABLE_NAME) {
  const pairs = /* @__PURE__ */ new Map();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf("=");
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name)) {
      throw new ConfigurationError(`${where}: the key is not legal. A key is ${key.hint}.`);
    }
    if (pairs.has(name)) throw new ConfigurationError(`${where}: "${name}" is given a second time.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote === '"' || quote === "'") {
      const rest = [
        (lines[at] ?? "").trimStart().slice(equals + 1).trimStart().slice(1),
        ...lines.slice(at + 1)
      ].join("\n");
      const end = closingQuote(rest, quote);
      if (end < 0)
        throw new ConfigurationError(
          `${where}: the value of "${name}" begins with ${quote} and never ends with it.`
        );
      const after = rest.slice(end + 1).split("\n", 1)[0] ?? "";
      if (after.trim() !== "") {
        throw new ConfigurationError(
          `${where}: the value of "${name}" goes on after its closing ${quote}. Put the whole value in quotes, or none of it.`
        );
      }
      const inner = rest.slice(0, end);
      at += inner.split("\n").length - 1;
      pairs.set(name, quote === '"' ? unescapeValue(inner) : inner);
    } else {
      pairs.set(name, value);
    }
  }
  return pairs;
}
function multiLineHint(pairs) {
  const last = [...pairs.keys()].at(-1);
  return last === void 0 ? "" : ` If it belongs to the value of "${last}", put that value in double quotes.`;
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
    (whole, letter) => ESCAPE_SEQUENCES[letter] ?? whole
  );
}

// src/inputs/reader.ts
var MAX_DURATION = 864e5;
var Inputs = class {
  command;
  constructor(command) {
    this.command = command;
  }
  /**
   * The text without white space around it. Empty means the default, so that an unset variable in the workflow does no
   * harm; `undefined` where there is no default either.
   */
  text(name) {
    const fallback = defaultOfInput(this.command, name);
    if (fallback === void 0)
      throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    const given = getInput(name) || fallback;
    return given === "" ? void 0 : given;
  }
  /** @param advice what to do about it when it is missing: a sentence. */
  required(name, advice) {
    const text = this.text(name);
    if (text === void 0) throw new ConfigurationError(`${name}: missing. ${advice}`);
    return text;
  }
  /** The lines that say something: without empty ones and those that begin with `#`. */
  lines(name) {
    return this.numberedLines(name).map(({ text }) => text);
  }
  /** The same with their numbers, from 1 on, for errors that may not repeat what a line says. */
  numberedLines(name) {
    return (this.text(name) ?? "").split(/\r?\n/).map((line, at) => ({ number: at + 1, text: line.trim() })).filter(({ text }) => text !== "" && !text.startsWith("#"));
  }
  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name, key) {
    return parsePairs(this.text(name) ?? "", name, key);
  }
  /** `true` or `false` as YAML 1.2 writes them; `yes`, `on` and `1` are refused, since YAML 1.2 reads them as text. */
  flag(name) {
    const text = this.text(name) ?? "";
    if (["true", "True", "TRUE"].includes(text)) return true;
    if (["false", "False", "FALSE"].includes(text)) return false;
    throw new ConfigurationError(
      `${name}: "${text}" is neither true nor false.${didYouMean(text, ["true", "false"])}`
    );
  }
  /** One of a few words, written as they are; `undefined` where none is given and there is no default. */
  choice(name, choices) {
    const text = this.text(name);
    if (text === void 0) return void 0;
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== void 0) return chosen;
    throw new ConfigurationError(
      `${name}: "${text}" is not one of ${choices.join(", ")}.${didYouMean(text, choices)}`
    );
  }
  /** A whole number from `least` on. */
  integer(name, least) {
    const text = this.text(name) ?? "";
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text}" is not a whole number of ${least} or more.`);
    }
    return value;
  }
  /** Milliseconds from `least` on, at most a day. */
  duration(name, least = 1) {
    return this.optionalDuration(name, least) ?? this.#noDuration(name, "");
  }
  /** The same; `undefined` where none is given and there is no default. */
  optionalDuration(name, least = 1) {
    const text = this.text(name);
    if (text === void 0) return void 0;
    const value = parseDuration(text);
    if (value === void 0) return this.#noDuration(name, text);
    if (value < least || value > MAX_DURATION) {
      const from = least === 0 ? "" : "more than 0s and ";
      throw new ConfigurationError(`${name}: "${text}" is out of range. Give ${from}at most 24h.`);
    }
    return value;
  }
  #noDuration(name, text) {
    const advice = /^\d+$/.test(text) ? `"${text}s" for seconds` : "60s, 2m, 1m30s or 500ms";
    throw new ConfigurationError(
      `${name}: "${text}" is not a duration. Write a number with its unit: ${advice}.`
    );
  }
};

// src/inputs/strategy.ts
var DEFAULT_CANARY_STEPS = "5% 2m, 25% 5m, 100%";
var CANARY_HINT = `Write shares that grow, each with the time that it is judged, up to 100%: "${DEFAULT_CANARY_STEPS}".`;
function readStrategy(inputs) {
  const name = inputs.choice("strategy", STRATEGY_NAMES);
  const canary2 = inputs.lines("canary");
  if (canary2.length > 0 && name !== void 0 && name !== "canary") {
    throw new ConfigurationError(
      `canary: it has no effect with strategy: ${name}. Leave one of them out, or set strategy: canary.`
    );
  }
  if (name === "canary" || canary2.length > 0) {
    return { name: "canary", steps: parseCanarySteps(canary2.length > 0 ? canary2 : [DEFAULT_CANARY_STEPS]) };
  }
  return name === void 0 ? void 0 : { name };
}
function parseCanarySteps(lines) {
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, "").split(",")).map((part) => part.trim());
  if (parts.includes("")) {
    throw new ConfigurationError(
      `canary: a step is missing before a comma in "${lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? ""}". ${CANARY_HINT}`
    );
  }
  const steps = parts.map((part, at) => parseCanaryStep(part, at === parts.length - 1));
  for (const [at, step2] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== void 0 && step2.share <= before.share) {
      throw new ConfigurationError(
        `canary: "${parts[at]}" is not more than "${parts[at - 1]}". ${CANARY_HINT}`
      );
    }
  }
  if (steps.at(-1)?.share !== 1) {
    throw new ConfigurationError(
      `canary: "${parts.at(-1) ?? ""}" is the last step, and it must be 100%. ${CANARY_HINT}`
    );
  }
  return steps;
}
function parseCanaryStep(part, last) {
  const [share = "", time, ...more] = part.split(/\s+/);
  const percent = parsePercent(share);
  if (percent === void 0 || percent === 0 || more.length > 0) {
    throw new ConfigurationError(
      `canary: "${part}" is not a share above 0% and up to 100% with a time. ${CANARY_HINT}`
    );
  }
  const duration = time === void 0 ? void 0 : parseDuration(time);
  if (time === void 0 && !last) {
    throw new ConfigurationError(`canary: "${part}" has no time in which it is judged. ${CANARY_HINT}`);
  }
  if (time !== void 0 && (duration === void 0 || duration > MAX_DURATION)) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a time of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`
    );
  }
  if (!last && duration === 0) {
    throw new ConfigurationError(`canary: in "${part}" nothing can be judged. ${CANARY_HINT}`);
  }
  return { share: percent / 100, duration: duration ?? 0 };
}
function readCanaryLimits(inputs) {
  const errors = inputs.text("canary-max-errors") ?? "";
  const maxErrors = parsePercent(errors);
  if (maxErrors === void 0) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%, such as 1%.`
    );
  }
  const ratio2 = inputs.text("canary-max-latency-ratio") ?? "";
  const maxLatencyRatio = parseDecimal(ratio2);
  if (maxLatencyRatio === void 0 || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio2}" is not a number of 1 or more. 1.5 allows half as much time again.`
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer("canary-min-requests", 1),
    onTooFewRequests: inputs.choice("canary-too-few", ["go-on", "fail"]) ?? "go-on"
  };
}
function readWaves(inputs) {
  const text = inputs.text("max-parallel");
  if (text === void 0) return { kind: "all" };
  const percent = text.endsWith("%") ? parsePercent(text) : void 0;
  if (percent !== void 0 && percent > 0) return { kind: "share", percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: "hosts", atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 on nor a share of them, such as 25%.`
  );
}
function parsePercent(text) {
  const value = text.endsWith("%") ? parseDecimal(text.slice(0, -1)) : void 0;
  return value === void 0 || value > 100 ? void 0 : value;
}
function parseDecimal(text) {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : void 0;
}

// src/inputs/url.ts
function readUrlCheck(inputs) {
  const url = inputs.text("url");
  const status2 = readStatusCodes(inputs.text("url-status") ?? "");
  const body = readExpectedBody(inputs.text("url-body"));
  const timeout = inputs.duration("url-timeout");
  if (url !== void 0) return { url: readHttpUrl("url", url), status: status2, body, timeout };
  if (body === void 0) return void 0;
  throw new ConfigurationError("url-body: there is no url whose answer could be looked at. Set url.");
}
function readHttpUrl(input, text) {
  const url = URL.canParse(text) ? new URL(text) : void 0;
  if (url !== void 0 && `${url.username}${url.password}` !== "") {
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text)}" has a user name or password in it. Give an address that answers without.`
    );
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text;
  const example = input === "url" ? "https://app.example.com/up" : "https://acme.example.com/directory";
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text)}" is not an http:// or https:// address. Write it whole: ${example}.`
  );
}
function withoutCredentials(text) {
  return text.replace(/^(?<scheme>[a-z][a-z0-9+.-]*:\/*)?.*@/is, "$<scheme>***@");
}
function readStatusCodes(text) {
  const codes = /* @__PURE__ */ new Set();
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.["from"]);
    const to = Number(range?.["to"] ?? range?.["from"]);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `url-status: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`
      );
    }
    for (let code = from; code <= to; code += 1) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}
function readExpectedBody(text) {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text ?? "")?.groups;
  if (pattern === void 0) return text;
  const flags = pattern["flags"] ?? "";
  if (/[^imsu]/.test(flags)) {
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known; i, m, s and u are.`);
  }
  try {
    return new RegExp(pattern["source"] ?? "", flags);
  } catch (error2) {
    throw new ConfigurationError(`url-body: ${text} is not a regular expression of JavaScript.`, {
      cause: error2
    });
  }
}

// src/inputs/options.ts
var HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;
function readDeployOptions(inputs, compose) {
  const options = readUncheckedOptions(inputs, compose);
  if (options.edge === "none") rejectEdgeFeatures(options);
  return options;
}
function rejectEdgeFeatures({ compose, healthPath, strategy }) {
  if (compose.domains.size > 0) {
    throw new ConfigurationError(
      "domains: with edge: none your own proxy serves them. Remove domains, or set edge: caddy."
    );
  }
  if (strategy?.name === "canary") {
    throw new ConfigurationError(
      `strategy: a canary's visitors are chosen by the edge, and there is none with edge: none. Choose blue-green or rolling, or set edge: caddy.`
    );
  }
  if (healthPath !== void 0) {
    throw new ConfigurationError(
      "health-path: it is asked from the edge, and there is none with edge: none. Give the service a HEALTHCHECK, or set edge: caddy."
    );
  }
}
function readUncheckedOptions(inputs, compose) {
  return {
    ...readRolloutOptions(inputs),
    compose,
    strategy: readStrategy(inputs),
    healthPath: readHealthPath(inputs),
    healthTimeout: inputs.duration("health-timeout"),
    keep: inputs.integer("keep", 1),
    bake: inputs.duration("bake", 0),
    limits: readCanaryLimits(inputs),
    force: inputs.flag("force"),
    accessories: inputs.choice("accessories", ["leave", "update"]) ?? "leave",
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release"),
    edge: inputs.choice("edge", ["caddy", "none"]) ?? "caddy",
    waves: readWaves(inputs)
  };
}
function readRolloutOptions(inputs) {
  return {
    drainTimeout: inputs.duration("drain-timeout"),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag("dry-run"),
    edgeImage: readEdgeImage(inputs),
    acme: readAcme(inputs)
  };
}
function readRollbackTo(inputs) {
  const to = inputs.text("to");
  if (to === void 0 || isTag(to) || isDigest(to)) return to;
  if (to.includes("@")) return parseImageReference(to, "to").digest;
  throw new ConfigurationError(
    `to: "${to}" is none of a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`
  );
}
function readHealthPath(inputs) {
  const path = inputs.text("health-path");
  if (path === void 0 || HEALTH_PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write what comes after the host, beginning with "/": /up.`
  );
}
function readEdgeImage(inputs) {
  const image = inputs.required("edge-image", "Name an image of Caddy.");
  parseImageReference(image, "edge-image");
  return image;
}
function readAcme(inputs) {
  const email = inputs.text("acme-email");
  if (email !== void 0 && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ConfigurationError(`acme-email: "${email}" is not an email address.`);
  }
  const directory = inputs.text("acme-directory");
  const ca = inputs.text("acme-ca");
  if (ca !== void 0 && directory === void 0) {
    throw new ConfigurationError(
      "acme-ca: there is no acme-directory that it could belong to. Set acme-directory."
    );
  }
  return {
    directory: directory === void 0 ? void 0 : readHttpUrl("acme-directory", directory),
    email,
    ca: ca === void 0 ? void 0 : checkCertificate("acme-ca", ca)
  };
}

// src/inputs/registry.ts
function readRegistryCredentials(inputs) {
  const username = inputs.text("registry-username");
  const password = inputs.text("registry-password");
  if (password !== void 0 && username === void 0) {
    throw new ConfigurationError(
      "registry-username: missing, but registry-password is given. Give both or neither."
    );
  }
  if (username !== void 0 && password === void 0) {
    throw new ConfigurationError(
      "registry-password: missing, but registry-username is given. Is the secret set, and may this job read it?"
    );
  }
  const token = inputs.text("github-token");
  return {
    login: username === void 0 || password === void 0 ? void 0 : { username, password },
    // The registry looks at the token alone; docker only wants some name.
    token: token === void 0 ? void 0 : { username: process.env["GITHUB_ACTOR"] || "github", password: token }
  };
}

// src/inputs/secrets.ts
var MIN_PIECE_LENGTH = 8;
var MIN_SECRET_LENGTH = 2;
function collectSecrets(command) {
  const inputs = new Inputs(command);
  const read = (name) => defaultOfInput(command, name) === void 0 ? void 0 : inputs.text(name);
  const masks = /* @__PURE__ */ new Set();
  const whole = (text) => {
    if (text !== void 0 && text.length >= MIN_SECRET_LENGTH)
      for (const form of encodedForms(text)) masks.add(form);
  };
  for (const name of ["ssh-key", "tls-key"])
    for (const piece of privateKeyMasks(read(name))) masks.add(piece);
  for (const name of ["ssh-key-passphrase", "registry-password", "github-token"]) whole(read(name));
  const username = read("registry-username");
  for (const [user, password] of [
    [username, read("registry-password")],
    [process.env["GITHUB_ACTOR"], read("github-token")],
    ["x-access-token", read("github-token")]
  ]) {
    if (user !== void 0 && password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const value of buildSecretValues(inputs, read("build-secrets"))) {
    whole(value);
    for (const line of nonEmptyLines(value)) if (line.length >= MIN_PIECE_LENGTH) masks.add(line);
  }
  for (const text of [...nonEmptyLines(read("hosts")), read("url") ?? ""]) {
    const [user, password] = urlCredentials(text);
    whole(password);
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  return [...masks];
}
function maskSecrets(command) {
  for (const secret of collectSecrets(command)) setSecret(secret);
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
function urlCredentials(text) {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?<user>[^:/@]*):(?<password>[^/]+)@/i.exec(text)?.groups;
  return [found?.["user"] ?? "", found?.["password"]];
}
function nonEmptyLines(text) {
  return (text ?? "").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}
function base64(text) {
  return Buffer.from(text).toString("base64");
}

// src/inputs/unknown-inputs.ts
function warnOfUnknownInputs(command) {
  const declared = Object.keys(INPUTS[command]);
  const warnings = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("INPUT_")) continue;
    const name = variable.slice("INPUT_".length).toLowerCase();
    if (name === "" || declared.includes(name)) continue;
    const same = declared.find((known) => withoutSeparators(known) === withoutSeparators(name));
    if (same !== void 0) throw new ConfigurationError(`${name}: no such input. It is called "${same}".`);
    const elsewhere = actionsWithInput(name);
    const meant = nearestWord(name, declared);
    if (elsewhere.length > 0) {
      warnings.push(
        `${name}: not used. It is an input of ${elsewhere.join(", ")}, not of ${actionFolder(command)}.`
      );
    } else if (meant !== void 0) {
      warnings.push(`${name}: not used, there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}
function actionsWithInput(name) {
  const commands = ["deliver", "build", "deploy", "rollback", "status"];
  return commands.filter((command) => Object.hasOwn(INPUTS[command], name)).map(actionFolder);
}
function withoutSeparators(name) {
  return name.replaceAll(/[-_ ]/g, "");
}

// src/inputs/request.ts
function readRequest(command) {
  maskSecrets(command);
  const unknown = warnOfUnknownInputs(command);
  const inputs = new Inputs(command);
  const request3 = readCommandRequest(inputs);
  return { request: request3, warnings: [...unknown, ...unusedInputs(inputs, request3)] };
}
function readCommandRequest(inputs) {
  switch (inputs.command) {
    case "deliver":
      return {
        command: "deliver",
        target: readDeploymentTarget(inputs),
        source: readImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs))
      };
    case "build":
      return {
        command: "build",
        source: readBuildImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        compose: readComposeFiles(inputs)
      };
    case "deploy":
      return {
        command: "deploy",
        target: readDeploymentTarget(inputs),
        source: readExistingImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs))
      };
    case "rollback":
      return {
        command: "rollback",
        target: readDeploymentTarget(inputs),
        to: readRollbackTo(inputs),
        healthTimeout: inputs.optionalDuration("health-timeout"),
        registry: readRegistryCredentials(inputs),
        options: readRolloutOptions(inputs)
      };
    case "status":
      return { command: "status", target: readDeploymentTarget(inputs) };
  }
}
function readDeploymentTarget(inputs) {
  const buildOnly = inputs.command === "deliver" ? " To build and push only, use the action in build/." : "";
  const environment = checkEnvironment(
    inputs.required("environment", `Name the environment: staging, production.${buildOnly}`)
  );
  inputs.required("hosts", `List the hosts of ${environment}, one a line: ssh://user@host.${buildOnly}`);
  const given = inputs.text("app");
  const app = given === void 0 ? defaultAppName(process.env["GITHUB_REPOSITORY"] ?? "") : checkApp(given);
  checkProjectLength(app, environment);
  const hosts = readHosts(inputs);
  return { app, environment, hosts, access: readAccess(inputs, hosts) };
}
function unusedInputs(inputs, request3) {
  if (request3.command !== "deliver" && request3.command !== "deploy") return [];
  return [...unusedMinimalInputs(request3.options.compose), ...unusedTestInput(inputs, request3)];
}
function unusedTestInput(inputs, request3) {
  if (request3.command !== "deliver" || request3.source.kind !== "existing" || inputs.text("test") === void 0)
    return [];
  return ["test: not run, because image names an image that is built already."];
}

// src/report/canary-table.ts
function canaryTable({ steps }) {
  const rows = /* @__PURE__ */ new Map();
  for (const step2 of steps) {
    const { judged } = step2;
    if (judged === void 0) continue;
    const share = step2.stage === "bake" ? "100% (bake)" : formatPercent(judged.share);
    const title = isFailedStep(step2) ? `${share} on ${codeSpan(step2.host)}` : share;
    rows.set(title, [...rows.get(title) ?? [], { ...step2, judged }]);
  }
  if (rows.size === 0) return "";
  return markdownTable(
    ["Share", "Requests, new / old", "5xx, new / old", "Latency, new / old", ""],
    [...rows].map(([title, same]) => {
      const own = sumFigures(same.map(({ judged }) => judged.own));
      const other = sumFigures(same.flatMap(({ judged }) => judged.other ?? []));
      const both = (what) => `${what(own)} / ${what(other)}`;
      return [title, both(requestsText), both(errorRateText), both(latencyText), canaryMark(same)];
    })
  );
}
var isFailedStep = ({ ok, ended }) => ok === false && ended !== true;
function canaryMark(steps) {
  if (steps.some(isFailedStep)) return "**✗**";
  const tooFew = steps.filter(({ judged }) => judged.few === true).length;
  if (tooFew > 0)
    return tooFew === steps.length ? "too few to judge" : `too few to judge on ${tooFew} of ${steps.length}`;
  if (steps.some(({ ended }) => ended === true)) return "cut short";
  return steps.some(({ judged }) => judged.unsure === true) ? "✓ (errors may be chance)" : "✓";
}
function sumFigures(all) {
  const sum = (what) => all.reduce((total, figures) => total + what(figures), 0);
  const timed = all.filter(({ latency: time2 }) => time2 !== void 0);
  const count = timed.reduce((total, figures) => total + figures.requests, 0);
  const time = timed.reduce((total, figures) => total + (figures.latency ?? 0) * figures.requests, 0);
  return {
    requests: sum((figures) => figures.requests),
    errors: sum((figures) => figures.errors),
    latency: count === 0 ? void 0 : time / count
  };
}
var requestsText = (figures) => figures.requests.toLocaleString("en-US");
var errorRateText = (figures) => figures.requests === 0 ? "–" : formatPercent(figures.errors / figures.requests);
var latencyText = ({ latency: time }) => {
  if (time === void 0) return "–";
  return time < 10 ? `${Number(time.toFixed(1))}ms` : formatDuration(time);
};

// src/report/code-format.ts
var HOST_URL = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;
function formatNamesAsCode(report, value) {
  const { hosts, release, previous } = report;
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  const names = [...new Set(hosts.map(({ host }) => host))].sort((one, other) => other.length - one.length).map(escapeRegExp);
  const whole = [...new Set(ids)].map((id) => `(?<![\\w-])${escapeRegExp(id)}(?![\\w-])`);
  return value.split(new RegExp(`(${[...names, ...whole, HOST_URL].join("|")})`)).map((part, at) => at % 2 === 1 ? codeSpan(part) : keepEdgeSpaces(part)).join("");
}
var escapeRegExp = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
var keepEdgeSpaces = (part) => `${/^\s/.test(part) ? " " : ""}${markdownText(part)}${/\S\s$/.test(part) ? " " : ""}`;

// src/report/status-summary.ts
function statusMarkdown(hosts) {
  const rows = hosts.map((host) => {
    const live = host.kept.find((kept2) => kept2.live);
    return live === void 0 ? [codeSpan(host.host), "–", "", "", "", markdownText(host.why)] : [codeSpan(host.host), ...cells(live)];
  });
  const kept = hosts.filter((host) => host.kept.some((release) => !release.live)).map((host) => {
    const others = host.kept.filter((release) => !release.live);
    return detailsBlock(
      `Kept on <code>${htmlText(host.host)}</code> (${others.length})`,
      markdownTable(SUMMARY_COLUMNS, others.map(cells))
    );
  });
  return [markdownTable(["Host", ...SUMMARY_COLUMNS], rows), ...kept].join("\n\n");
}
var SUMMARY_COLUMNS = ["Release", "Commit", "Since (UTC)", "By", "Condition"];
function cells(kept) {
  return [
    codeSpan(kept.release),
    kept.revision === void 0 ? "–" : codeSpan(kept.revision.slice(0, 7)),
    kept.acceptedAt === void 0 ? "never accepted" : link(markdownText(formatMinute(kept.acceptedAt)), kept.runUrl),
    kept.actor === void 0 ? "–" : markdownText(kept.actor),
    `${kept.live && !kept.whole ? "⚠️ " : ""}${markdownText(kept.condition)}`
  ];
}

// src/report/timeline.ts
var isCompletedStep = (step2) => step2.at !== void 0 && step2.took !== void 0;
var MAX_HOST_COLUMNS = 4;
function timelineTable({ steps, hosts: given }) {
  const done = steps.filter(isCompletedStep);
  if (done.length === 0) return "";
  const hosts = [...new Set([...given, ...done].map(({ host }) => host))].filter(
    (host) => done.some((step2) => step2.host === host)
  );
  const rows = rowsOf(done);
  if (hosts.length > MAX_HOST_COLUMNS) {
    const head = ["Host", ...rows.map(({ title }) => title)];
    return markdownTable(
      head,
      hosts.map((host) => [codeSpan(shortHostName(host, hosts)), ...rows.map((row) => cell(row, host))])
    );
  }
  const end = Math.max(...done.map((step2) => step2.at + step2.took));
  return markdownTable(
    ["Stage", `0 – ${formatDuration(end)}`, ...hosts.map((host) => codeSpan(shortHostName(host, hosts)))],
    rows.map((row) => [row.title, bar(row.steps, end), ...hosts.map((host) => cell(row, host))])
  );
}
function shortHostName(host, hosts) {
  const bare = (name) => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, "");
  const mine = bare(host);
  return mine !== "" && hosts.filter((other) => bare(other) === mine).length === 1 ? mine : host;
}
function rowsOf(done) {
  const stages = STAGES.map((stage) => ({
    title: STAGE_TITLES[stage],
    steps: done.filter((step2) => step2.stage === stage && !step2.undo)
  }));
  return [...stages, { title: ROLL_BACK_TITLE, steps: done.filter((step2) => step2.undo) }].filter(
    ({ steps }) => steps.length > 0
  );
}
function cell(row, host) {
  const mine = row.steps.filter((step2) => step2.host === host);
  if (mine.length === 0) return "";
  const took = formatDuration(
    Math.max(...mine.map(({ at, took: took2 }) => at + took2)) - Math.min(...mine.map(({ at }) => at))
  );
  return mine.some(({ ok, ended }) => ok === false && !ended) ? `**✗ ${took}**` : took;
}
var BAR_WIDTH = 24;
function bar(steps, end) {
  const scale = (time) => end === 0 ? 0 : time / end * BAR_WIDTH;
  const strokes = [...new Set(steps.map(({ host }) => host))].map((host) => {
    const mine = steps.filter((step2) => step2.host === host);
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(Math.min(...mine.map(({ at }) => at)))));
    const to = Math.round(scale(Math.max(...mine.map(({ at, took }) => at + took))));
    return { from, to: Math.max(from + 1, to) };
  });
  const cells2 = Array.from(
    { length: BAR_WIDTH },
    (_, cell2) => (
      // Spaces that don't break keep the bar's place in the code span, whose ground is its track.
      strokes.some(({ from, to }) => from <= cell2 && cell2 < to) ? "█" : " "
    )
  );
  return `\`${cells2.join("")}\``;
}
function allStepsDetails({ steps }) {
  const done = steps.filter(isCompletedStep);
  if (done.length === 0) return "";
  const hosts = [...new Set(done.map((step2) => step2.host))];
  const rows = done.toSorted((one, other) => one.at - other.at).map((step2) => [
    step2.ended ? "–" : step2.ok === false ? "✗" : step2.undo ? "↶" : "✓",
    formatDuration(step2.at),
    codeSpan(shortHostName(step2.host, hosts)),
    markdownText(step2.text),
    formatDuration(step2.took),
    markdownText(step2.note ?? "")
  ]);
  return detailsBlock(
    `Every step (${done.length})`,
    markdownTable(["", "At", "Host", "Step", "Took", ""], rows)
  );
}
function planMarkdown(steps) {
  const hosts = [...new Set(steps.map((step2) => step2.host))];
  const bodies = /* @__PURE__ */ new Map();
  for (const host of hosts) {
    const body = planTable(steps.filter((step2) => step2.host === host));
    bodies.set(body, [...bodies.get(body) ?? [], host]);
  }
  if (bodies.size === 0) return "Every host is as wanted already: there is nothing to do.";
  return [...bodies].map(([body, same]) => `**${same.map(codeSpan).join(", ")}**

${body}`).join("\n\n");
}
function planTable(steps) {
  const stages = STAGES.filter((stage) => steps.some((step2) => step2.stage === stage));
  const lines = (stage) => steps.filter((step2) => step2.stage === stage).map((step2) => markdownText(step2.note === void 0 ? step2.text : `${step2.text}: ${step2.note}`)).join("<br>");
  return markdownTable(
    ["Stage", "Steps"],
    stages.map((stage) => [STAGE_TITLES[stage], lines(stage)])
  );
}

// src/report/summary.ts
function jobSummary(report) {
  const parts = [
    `## ${headline(report)}`,
    failureSection(report),
    overviewLine(report),
    hostsTable(report),
    evidenceMarkdown(report.evidence),
    ...mainSection(report),
    detailsList(report),
    removedHostsNote(report),
    report.warnings.map((warning2) => `> ⚠️ ${formatNamesAsCode(report, warning2)}`).join("\n>\n"),
    allStepsDetails(report),
    rollbackHelp(report)
  ];
  return limitedSummary(`${parts.filter((part) => part !== "").join("\n\n")}
`, report);
}
var MAX_SUMMARY_BYTES = 9e5;
function limitedSummary(summary2, report) {
  if (Buffer.byteLength(summary2) <= MAX_SUMMARY_BYTES) return summary2;
  return `## ${headline(report)}

${failureSection(report)}

${detailsList(report)}

The rest is in the log: it is too long for a summary.
`;
}
function headline(report) {
  const { command, app, environment, release, error: error2 } = report;
  const what = app === void 0 ? "" : ` ${markdownText(app)}${environment === void 0 ? "" : ` → ${markdownText(environment)}`}`;
  const id = release === void 0 ? "" : ` ${codeSpan(release)}`;
  const words = {
    built: `📦${what} built`,
    planned: `📝${what}: plan for${id}`,
    deployed: command === "rollback" ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    "rolled-back": `❌${what}: rolled back${afterRollbackText(report)}`,
    failed: `❌${what === "" ? " Failed" : `${what}: failed`}`,
    reported: error2 === void 0 ? `🔎${what}` : `❌${what}: not every host could be asked`
  };
  return words[report.result];
}
function afterRollbackText({ hosts, live }) {
  const stuck = hosts.filter((host) => host.stuck === true).length;
  if (stuck > 0) return `, but NOT wholly on ${stuck} of ${hosts.length} hosts`;
  if (live !== void 0) return `, ${codeSpan(live)} is live`;
  return hosts.every(({ is }) => is === void 0) ? ", nothing is live" : ", every host serves what it did before";
}
function failureSection(report) {
  const { error: error2, state, details } = report;
  if (error2 === void 0) return "";
  const seen = details.length === 0 ? "" : `

${codeBlock(details.map(truncateLine))}`;
  return `**${formatNamesAsCode(report, error2)}**${seen}

${formatNamesAsCode(report, state)}`;
}
function removedHostsNote(report) {
  const [first, ...others] = report.removed;
  if (first === void 0) return "";
  return `> ℹ️ ${formatNamesAsCode(report, removedHostsText([first, ...others]))}`;
}
function overviewLine(report) {
  const { previous, strategy, hosts, runUrl, took, result } = report;
  if (result === "reported") return "";
  const commit = commitLink(report);
  const parts = [
    ...result === "planned" ? ["**dry run: nothing was changed**"] : [],
    ...commit === "" ? [] : [`commit ${commit}`],
    ...previous === void 0 || result === "rolled-back" ? [] : [`replaces ${codeSpan(previous)}`],
    ...areHostsAlike(hosts) ? [hosts.length === 1 ? codeSpan(hosts[0]?.host ?? "") : `${hosts.length} hosts, all healthy`] : [],
    ...strategy === void 0 ? [] : [markdownText(strategy)],
    ...took === 0 ? [] : [formatDuration(took)],
    ...runUrl === void 0 ? [] : [runLink(runUrl)]
  ];
  return parts.join(" · ");
}
function areHostsAlike(hosts) {
  return hosts.length > 0 && hosts.every(({ was, is, why }) => why === "healthy" && was === hosts[0]?.was && is === hosts[0]?.is);
}
function hostsTable(report) {
  const { result, hosts } = report;
  if (["reported", "planned"].includes(result) || hosts.length === 0 || areHostsAlike(hosts)) return "";
  const rows = hosts.map(({ host, was, is, why, unknown }) => [
    codeSpan(host),
    releaseSpan(was),
    unknown ? "**?**" : releaseSpan(is),
    formatNamesAsCode(report, why)
  ]);
  return markdownTable(["Host", "Before", "Now", ""], rows);
}
function mainSection(report) {
  const { result, hosts } = report;
  if (result === "reported") return [statusMarkdown(hosts)];
  if (result === "planned") return [planMarkdown(report.steps)];
  return [canaryTable(report), timelineTable(report)];
}
var releaseSpan = (release) => release === void 0 ? "–" : codeSpan(release);
function detailsList(report) {
  const { images, tags, build: build2, environmentUrl, answer } = report;
  const lines = [
    ...downtimeItems(report),
    ...imageLines(images),
    ...tags.length === 0 ? [] : [`**Tags** ${tags.map(codeSpan).join(" ")}`],
    ...build2 === void 0 ? [] : [`**Build** ${buildLine(build2)}`],
    ...environmentUrl === void 0 ? [] : [
      `**URL** ${link(markdownText(environmentUrl), environmentUrl)}${answer === void 0 ? "" : `: ${markdownText(answer)}`}`
    ]
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}
function imageLines(images) {
  const services = /* @__PURE__ */ new Map();
  for (const [service, image] of Object.entries(images)) {
    services.set(image, [...services.get(image) ?? [], ...service === "" ? [] : [service]]);
  }
  return [...services].map(([image, names]) => {
    const of = services.size > 1 && names.length > 0 ? ` of ${markdownText(names.join(", "))}` : "";
    return `**Image**${of} ${isPlaceholder(image) ? `${codeSpan(repositoryOf(image))}, ${NOT_BUILT_TEXT}` : codeSpan(image)}`;
  });
}
function downtimeItems({ hosts }) {
  const lines = /* @__PURE__ */ new Map();
  for (const { host, downtime } of hosts) {
    if (downtime === void 0) continue;
    const title = downtime.whole ? "**Nothing answered**" : `**${markdownText(joinWithAnd(downtime.services))} did not answer**`;
    const time = `for ${formatDuration(downtime.for)}${hosts.length === 1 ? "" : ` on ${codeSpan(host)}`}`;
    lines.set(title, [...lines.get(title) ?? [], time]);
  }
  return [...lines].map(([title, times]) => `${title} ${times.join(", ")}`);
}
function commitLink({ revision, runUrl }) {
  if (revision === void 0) return "";
  const repository = runUrl === void 0 ? void 0 : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
  const address = repository === void 0 ? void 0 : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}
function runLink(runUrl) {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === void 0 ? "run" : `run ${number}`, runUrl);
}
function buildLine({ reused, tested, times }) {
  if (reused) return "reused: the registry already has this commit";
  const parts = Object.entries(times).map(([part, took]) => `${markdownText(part)} ${formatDuration(took)}`);
  return [...parts, tested ? "tested inside the image" : "no test given"].join(" · ");
}
function rollbackHelp({ command, result, previous, app, environment, hosts: all }) {
  if (result !== "deployed" || command === "rollback" || previous === void 0) return "";
  const lines = [
    "- uses: sealift/sealift/rollback@v1",
    "  with:",
    `    app: ${JSON.stringify(app ?? "")}`,
    `    environment: ${JSON.stringify(environment ?? "")}`,
    `    to: ${JSON.stringify(previous)}`,
    "    hosts: |",
    ...all.map(({ host }) => `      ${host}`),
    "    # and ssh-key, known-hosts, … as in this job"
  ];
  return detailsBlock(
    "How to roll back",
    `The containers of ${codeSpan(previous)} are kept on the hosts, so going back is starting them.

${codeBlock(lines, "yaml")}`
  );
}

// src/report/outputs.ts
function outputsOf(report) {
  const images = Object.entries(report.images).filter(([, image]) => !isPlaceholder(image));
  const only = new Set(images.map(([, image]) => image)).size === 1 ? images[0]?.[1] : void 0;
  const lines = (value) => images.map(([service, image]) => service === "" ? value(image) : `${service}=${value(image)}`).join("\n");
  return {
    image: only ?? lines((image) => image),
    digest: only === void 0 ? lines(digestOf) : digestOf(only),
    tags: report.tags.join("\n"),
    release: report.live ?? "",
    "previous-release": report.previous ?? "",
    "rolled-back": String(hasRolledBack(report)),
    "environment-url": report.environmentUrl ?? "",
    report: reportJson(report)
  };
}
function hasRolledBack({ result, release, hosts }) {
  return result === "rolled-back" && hosts.every(({ unknown }) => unknown !== true) && hosts.some(({ is }) => is !== void 0 && is !== release);
}
var MAX_REPORT_LENGTH = 4e5;
function reportJson(report) {
  const whole = JSON.stringify(report);
  if (whole.length <= MAX_REPORT_LENGTH) return whole;
  const evidence = report.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...report, details: [], steps: [], evidence });
}
async function publishReport(report) {
  for (const [name, value] of Object.entries(outputsOf(report))) setOutput(name, value);
  if (process.env["GITHUB_STEP_SUMMARY"] !== void 0) await summary.addRaw(jobSummary(report)).write();
}

// src/report/report-draft.ts
var INITIAL_STATE = {
  deliver: "Nothing was deployed.",
  deploy: "Nothing was deployed.",
  build: "Nothing was pushed.",
  rollback: "Nothing was changed.",
  status: "Nothing was changed."
};
function draftReport(command, runUrl) {
  return {
    command,
    result: "failed",
    error: void 0,
    details: [],
    state: INITIAL_STATE[command],
    app: void 0,
    environment: void 0,
    release: void 0,
    previous: void 0,
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
    runUrl,
    startedAt: (/* @__PURE__ */ new Date()).toISOString(),
    took: 0
  };
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
var runProgram = createProgramRunner();
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
    const settle = (what) => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", onAbort);
      what();
    };
    child.once("error", (error2) => settle(() => reject(spawnError(program, options.cwd, error2))));
    child.once("exit", () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once(
      "close",
      (code) => settle(() => {
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
  const tail = [];
  const stdout = new LineSplitter((line) => onLine(line, "stdout"));
  const stderr = new LineSplitter((line) => {
    tail.push(line);
    if (tail.length > STDERR_TAIL_LINES) tail.shift();
    onLine(line, "stderr");
  });
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr]
  ]) {
    stream.on("data", (chunk) => lines.push(chunk));
    stream.once("end", () => lines.end());
  }
  return () => ({ stdout: "", stderr: "", tail: tail.join("\n") });
}
function spawnError(program, cwd, error2) {
  if (error2.code === "ENOENT") {
    const where = cwd === void 0 ? "" : ` (or the folder ${cwd} does not exist)`;
    return new ConfigurationError(
      `${program} was not found on this runner${where}. Install it in a step before this one.`,
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

// src/step-folder.ts
import { mkdtemp as mkdtemp3, rm as rm4 } from "node:fs/promises";
import { tmpdir as tmpdir2 } from "node:os";
import { join as join12 } from "node:path";
var STEP_FOLDER_STATE = "folder";
async function createStepFolder() {
  return await mkdtemp3(join12(tmpdir2(), "sealift-"));
}
async function removeStepFolder(folder) {
  await rm4(folder, { recursive: true, force: true });
}

// src/main.ts
async function runAction(command) {
  const startedAt = performance.now();
  const commit = await readCommitContext();
  const report = draftReport(command, commit.runUrl);
  const cancelled = new AbortController();
  const folder = await createStepFolder();
  saveState(STEP_FOLDER_STATE, folder);
  const onSignal = () => cancelled.abort(new Error("The job was cancelled."));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const { request: request3, warnings } = readRequest(command);
    for (const warning2 of warnings) warning(warning2);
    const tools = { run: createProgramRunner(consoleLog), log: consoleLog, folder };
    await runCommand(request3, {
      tools,
      commit,
      triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal
    });
  } catch (error2) {
    const { cause, headline: headline2, details, lines } = failureText(error2, report.state);
    for (const line of lines) info(line);
    Object.assign(report, { error: cause, details });
    setFailed(headline2);
  } finally {
    report.took = Math.round(performance.now() - startedAt);
    try {
      await publishReport(report);
    } finally {
      await removeStepFolder(folder);
    }
  }
}
function runCommand(request3, context) {
  switch (request3.command) {
    case "deliver":
    case "deploy":
      return deliver(request3, context);
    case "build":
      return build(request3, context);
    case "rollback":
      return rollback(request3, context);
    case "status":
      return status(request3, context);
  }
}
export {
  runAction
};
