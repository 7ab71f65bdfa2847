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
      var placeholder2 = {};
      self.sockets.push(placeholder2);
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
          self.removeSocket(placeholder2);
          return;
        }
        if (head.length > 0) {
          debug2("got illegal response body from proxy");
          socket.destroy();
          var error2 = new Error("got illegal response body from proxy");
          error2.code = "ECONNRESET";
          options.request.emit("error", error2);
          self.removeSocket(placeholder2);
          return;
        }
        debug2("tunneling connection has established");
        self.sockets[self.sockets.indexOf(placeholder2)] = socket;
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
        self.removeSocket(placeholder2);
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
          const next2 = this.tail.next;
          this.tail.next = null;
          this.tail = next2;
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
    function copy(source, target, targetStart, start3, end) {
      return toBuffer(source).copy(target, targetStart, start3, end);
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
    function toString(buffer2, encoding, start3, end) {
      return toBuffer(buffer2).toString(encoding, start3, end);
    }
    function toHex(buffer2, start3, end) {
      return toBuffer(buffer2).toString("hex", start3, end);
    }
    function write2(buffer2, string, offset, length, encoding) {
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
      write: write2,
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
        let result2 = "";
        let start3 = 0;
        if (this.bytesNeeded > 0) {
          while (start3 < data.byteLength) {
            const byte = data[start3];
            if (byte < this.lowerBoundary || byte > this.upperBoundary) {
              result2 += "�";
              this._reset();
              break;
            }
            this.lowerBoundary = 128;
            this.upperBoundary = 191;
            this.codePoint = this.codePoint << 6 | byte & 63;
            this.bytesSeen++;
            start3++;
            if (this.bytesSeen === this.bytesNeeded) {
              result2 += String.fromCodePoint(this.codePoint);
              this._reset();
              break;
            }
          }
          if (this.bytesNeeded > 0) return result2;
        }
        const trailing = trailingIncomplete(data, start3);
        const end = data.byteLength - trailing;
        if (end > start3) result2 += b4a.toString(data, "utf8", start3, end);
        for (let i = end; i < data.byteLength; i++) {
          const byte = data[i];
          if (this.bytesNeeded === 0) {
            if (byte <= 127) {
              this.bytesSeen = 0;
              result2 += String.fromCharCode(byte);
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
              result2 += "�";
            }
            continue;
          }
          if (byte < this.lowerBoundary || byte > this.upperBoundary) {
            result2 += "�";
            i--;
            this._reset();
            continue;
          }
          this.lowerBoundary = 128;
          this.upperBoundary = 191;
          this.codePoint = this.codePoint << 6 | byte & 63;
          this.bytesSeen++;
          if (this.bytesSeen === this.bytesNeeded) {
            result2 += String.fromCodePoint(this.codePoint);
            this._reset();
          }
        }
        return result2;
      }
      flush() {
        const result2 = this.bytesNeeded > 0 ? "�" : "";
        this._reset();
        return result2;
      }
      _reset() {
        this.codePoint = 0;
        this.bytesNeeded = 0;
        this.bytesSeen = 0;
        this.lowerBoundary = 128;
        this.upperBoundary = 191;
      }
    };
    function trailingIncomplete(data, start3) {
      const len = data.byteLength;
      if (len <= start3) return 0;
      const limit = Math.max(start3, len - 4);
      let i = len - 1;
      while (i > limit && (data[i] & 192) === 128) i--;
      if (i < start3) return 0;
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
        let result2 = "";
        if (data) result2 = this.push(data);
        result2 += this.decoder.flush();
        return result2;
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
      constructor(msg, code2, fn = StreamError) {
        super(msg);
        this.code = code2;
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
          const next2 = dec.push(data);
          return next2 === "" && (data.byteLength !== 0 || dec.remaining > 0) ? null : map(next2);
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
      const all3 = Array.isArray(stream) ? [...stream, ...streams] : [stream, ...streams];
      const done = all3.length && typeof all3[all3.length - 1] === "function" ? all3.pop() : null;
      if (all3.length < 2) throw StreamError.BAD_ARGUMENT("Pipeline requires at least 2 streams");
      let src = all3[0];
      let dest = null;
      let error2 = null;
      for (let i = 1; i < all3.length; i++) {
        dest = all3[i];
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
        for (const s of all3) {
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
      let result2 = "";
      if (opts.name) result2 += addLength(" path=" + opts.name + "\n");
      if (opts.linkname) result2 += addLength(" linkpath=" + opts.linkname + "\n");
      const pax = opts.pax;
      if (pax) {
        for (const key in pax) {
          result2 += addLength(" " + key + "=" + pax[key] + "\n");
        }
      }
      return b4a.from(result2);
    };
    exports.decodePax = function decodePax(buf) {
      const result2 = {};
      while (buf.length) {
        let i = 0;
        while (i < buf.length && buf[i] !== 32) i++;
        const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
        if (!len) return result2;
        const b = b4a.toString(buf.subarray(i + 1, len - 1));
        const keyIndex = b.indexOf("=");
        if (keyIndex === -1) return result2;
        result2[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
        buf = buf.subarray(len);
      }
      return result2;
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
      let sum2 = 8 * 32;
      for (let i = 0; i < 148; i++) sum2 += block[i];
      for (let j = 156; j < 512; j++) sum2 += block[j];
      return sum2;
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
      let sum2 = 0;
      const l = tuple.length;
      for (i = 0; i < l; i++) {
        sum2 += tuple[i] * Math.pow(256, i);
      }
      return positive ? sum2 : -1 * sum2;
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
        const drained2 = this._stream.push(buf);
        if (this._missing === 0) {
          this._stream.push(null);
          if (drained2) this._stream._detach();
          return drained2 && this._locked === false;
        }
        return drained2;
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
        const drain3 = this._drain;
        this._drain = noop;
        drain3();
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
    function step2(result2) {
      result2.done ? resolve4(result2.value) : adopt(result2.value).then(fulfilled, rejected);
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
  addRaw(text5, addEOL = false) {
    this._buffer += text5;
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
  addCodeBlock(code2, lang) {
    const attrs = Object.assign({}, lang && { lang });
    const element = this.wrap("pre", this.wrap("code", code2), attrs);
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
  addHeading(text5, level) {
    const tag = `h${level}`;
    const allowedTag = ["h1", "h2", "h3", "h4", "h5", "h6"].includes(tag) ? tag : "h1";
    const element = this.wrap(allowedTag, text5);
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
  addQuote(text5, cite) {
    const attrs = Object.assign({}, cite && { cite });
    const element = this.wrap("blockquote", text5, attrs);
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
  addLink(text5, href) {
    const element = this.wrap("a", text5, { href });
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
  told;
  constructor(message, { evidence, told, cause } = {}) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.evidence = evidence ?? [];
    this.told = told ?? false;
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
    const said3 = lines.at(-1) ?? "it said nothing on stderr";
    const ended = exitCode === void 0 ? "was ended by a signal" : `ended with exit code ${exitCode}`;
    super(`${command} ${ended}: ${said3}`, { evidence: lines.slice(-20) });
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
};
var HostError = class extends SealiftError {
  name = "HostError";
  host;
  constructor(host, message, parts2 = {}) {
    super(`${host}: ${message}`, parts2);
    this.host = host;
  }
};
function messageOf(error2) {
  if (error2 instanceof Error && error2.message !== "") return error2.message;
  const text5 = String(error2);
  return text5 === "" ? "an error without a message" : text5;
}
function messageWithout(host, error2) {
  const message = messageOf(error2);
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}
function messageAt(host, error2) {
  return host === void 0 ? messageOf(error2) : `${host}: ${messageWithout(host, error2)}`;
}

// src/model/image.ts
var DIGEST = /^sha256:[0-9a-f]{64}$/;
var TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
var HOST = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
var REPOSITORY = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*$`);
var PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;
function isDigest(text5) {
  return DIGEST.test(text5);
}
function isTag(text5) {
  return TAG.test(text5);
}
function isRepository(text5) {
  return REPOSITORY.test(text5) && text5.length <= 255;
}
function parseImage(text5, input) {
  const at = text5.indexOf("@");
  const digest3 = at < 0 ? void 0 : text5.slice(at + 1);
  const named = at < 0 ? text5 : text5.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tagged2 = colon > named.lastIndexOf("/");
  const repository = tagged2 ? named.slice(0, colon) : named;
  const tag = tagged2 ? named.slice(colon + 1) : void 0;
  if (digest3 !== void 0 && !isDigest(digest3)) {
    throw new ConfigurationError(
      `${input}: "${text5}" has no valid digest. A digest is sha256: and 64 hex digits.`
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
    throw new ConfigurationError(`${input}: "${text5}" is not an image reference.${advice}`);
  }
  return { repository, tag, digest: digest3 };
}
function pinned(repository, digest3) {
  return `${repository}@${digest3}`;
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

// src/image/labels.ts
import { createHash } from "node:crypto";
import { relative } from "node:path";
var OCI = {
  revision: "org.opencontainers.image.revision",
  source: "org.opencontainers.image.source",
  created: "org.opencontainers.image.created",
  version: "org.opencontainers.image.version"
};
var FINGERPRINT = "sealift.build";
function labelsFor(commit, tags, version, now) {
  const labels3 = {
    [OCI.created]: commit.committedAt ?? now.toISOString(),
    [OCI.version]: version ?? tags[1] ?? commit.sha ?? "unknown"
  };
  if (commit.sha !== void 0) labels3[OCI.revision] = commit.sha;
  if (commit.source !== void 0) labels3[OCI.source] = commit.source;
  return labels3;
}
function fingerprintOf(recipe, tests, workspace) {
  const { target } = recipe;
  const own = new Set(Object.values(OCI));
  const place = (path) => path?.startsWith("/") ? relative(workspace, path) : path;
  const content = {
    context: place(target.context),
    dockerfile: place(target.dockerfile),
    inline: target["dockerfile-inline"],
    target: target.target,
    args: sorted(target.args),
    labels: sorted(target.labels).filter(([key]) => !own.has(key)),
    contexts: sorted(target.contexts).map(([name, context]) => [name, place(context)]),
    platforms: [...target.platforms ?? []].sort(),
    secrets: recipe.secrets.size,
    hosts: sorted(target["extra-hosts"]),
    network: target.network,
    tests
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
function sorted(map) {
  return Object.entries(map ?? {}).sort(([one], [other]) => one < other ? -1 : 1);
}

// src/image/platforms.ts
function normalized(platform2) {
  return platform2.replace(/\/arm64\/v8$/, "/arm64").replace(/\/arm$/, "/arm/v7").replace(/\/amd64\/v1$/, "/amd64");
}
function isSame(one, other) {
  return normalized(one) === normalized(other);
}
function testPlatform(platforms, own) {
  return platforms.find((platform2) => isSame(platform2, own)) ?? platforms[0];
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

// src/image/data.ts
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function object(value) {
  return isObject(value) ? value : {};
}
function list(value) {
  return Array.isArray(value) ? value : [];
}
function texts(value) {
  return list(value).filter((each2) => typeof each2 === "string");
}
function text(value) {
  return typeof value === "string" && value !== "" ? value : void 0;
}
function stringMap(value) {
  if (Array.isArray(value)) return argsOf(value);
  return Object.fromEntries(
    Object.entries(object(value)).flatMap(
      ([key, each2]) => each2 === null || each2 === void 0 ? [] : [[key, String(each2)]]
    )
  );
}
function argsOf(value) {
  if (!Array.isArray(value)) return stringMap(value);
  return Object.fromEntries(
    texts(value).filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
  );
}
function pairs(lines) {
  return Object.fromEntries(lines.map(pair));
}
function pair(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
function hosts(lines) {
  const found = {};
  for (const line of lines) {
    const parts2 = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups;
    const name = parts2?.["name"];
    const address = parts2?.["address"];
    if (name === void 0 || address === void 0) continue;
    found[name] = found[name] === void 0 ? address : `${found[name]},${address}`;
  }
  return found;
}
function attestation(kind, value) {
  if (value === void 0 || value === "") return [];
  if (value === "true") return [`type=${kind}`];
  return [value === "false" ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}

// src/image/failures.ts
var SEPARATOR = /^-{4,}$/;
var REFUSED = /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
var PASSING = /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:429|5\d\d)|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
var PERMANENT = /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
function isRefusal(text5) {
  return REFUSED.test(text5);
}
function isWithoutEngine(text5) {
  return /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i.test(
    text5
  );
}
function mayPass(text5) {
  return PASSING.test(text5);
}
function explainBuild(lines, asked) {
  const at = lines.findLastIndex((line) => line.startsWith("ERROR:"));
  const last = at < 0 ? lines.slice(-3).join(" ") : lines.slice(at).join(" ").replace(/^ERROR:\s*/, "");
  const evidence = evidenceOf(lines);
  const configuration = (message) => ({
    error: new ConfigurationError(message, { evidence }),
    passing: false
  });
  const other = (message, passing = false) => ({
    error: new SealiftError(message, { evidence }),
    passing
  });
  const said3 = shortened(last);
  const unable = unsupported(last);
  if (unable !== void 0) return configuration(unable);
  if (/unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(last)) {
    return configuration(
      "docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step."
    );
  }
  if (/Cannot connect to the Docker daemon|docker daemon is not running|failed to connect to the docker API/i.test(
    last
  )) {
    return other(`No Docker engine answers on the runner, so nothing can be built: ${said3}`);
  }
  if (lines.some((line) => /no space left on device/i.test(line))) {
    return other(
      `The disk of the engine that builds is full: ${said3} Free space before this step (docker system df shows what holds it).`
    );
  }
  if (/did not complete successfully/.test(last)) return stepFailed(lines, last, configuration, other);
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
      `The builder does not allow what the build asks for: ${said3} Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement ….`
    );
  }
  if (asked.push && isPush(lines, last)) return pushFailed(lines, last, asked, evidence);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(last)?.groups?.["image"];
  if (base !== void 0 && !mayPass(last)) {
    return isRefusal(last) ? configuration(
      `The registry refuses the base image ${base}. Log in to ${registryOf(base)} before this step (docker/login-action). It said: ${said3}`
    ) : configuration(`The base image ${base} was not found. It said: ${said3}`);
  }
  return other(`The build failed: ${said3}`, mayPass(last));
}
function unsupported(last) {
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
function stepFailed(lines, last, configuration, other) {
  if (lines.some((line) => /exec format error/.test(line))) {
    return configuration(
      "platforms: a step was to run a program of another platform, which this runner can't. Run docker/setup-qemu-action before this step, or build on a runner of that platform."
    );
  }
  const step2 = /process "(?<step>.*)" did not complete successfully: (?<how>.*)$/.exec(last)?.groups;
  const command = (step2?.["step"] ?? "").replace(/^\/bin\/sh -c /, "");
  return other(`The build failed: RUN ${shortened(command)} ended with ${step2?.["how"] ?? "an error"}.`);
}
function isPush(lines, last) {
  return /failed to push|error pushing|failed to copy.*push/i.test(last) || lines.some((line) => /^ > pushing .* with docker:$/.test(line));
}
function isWorthAnotherPush(text5) {
  return mayPass(text5) || !PERMANENT.test(text5);
}
function pushFailed(lines, last, asked, evidence) {
  const named = /failed to push (?<ref>\S+):/.exec(last)?.groups?.["ref"];
  const docker = lines.map((line) => /^ > pushing (?<ref>\S+) with docker:$/.exec(line)?.groups?.["ref"]).find((ref) => ref !== void 0);
  const reference = named ?? docker ?? asked.repositories.join(", ");
  const registry = registryOf(reference);
  const said3 = shortened(last);
  if (isRefusal(last) && !mayPass(last)) {
    return {
      passing: false,
      error: new ConfigurationError(
        `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} It said: ${said3}`,
        { evidence }
      )
    };
  }
  const passing = isWorthAnotherPush(last);
  return { passing, error: new SealiftError(`Pushing ${reference} failed: ${said3}`, { evidence }) };
}
function pushAdvice(registry) {
  return registry === "ghcr.io" ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set registry-username and registry-password.' : "Check that registry-username and registry-password are of an account that may write there, or log in before this step.";
}
function evidenceOf(lines) {
  const from = lines.findIndex((line, index) => SEPARATOR.test(line) && lines[index + 1]?.startsWith(" > "));
  return lines.slice(from < 0 ? -10 : from).filter((line) => line.trim() !== "" && !SEPARATOR.test(line)).slice(-20);
}
function shortened(text5) {
  const one = text5.replaceAll(/\s+/g, " ").replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, "").trim();
  return one.length > 400 ? `${one.slice(0, 400)}…` : one;
}

// src/image/plain-http.ts
import { randomUUID as randomUUID2 } from "node:crypto";
import { lookup } from "node:dns/promises";
import { mkdir as mkdir2, writeFile as writeFile2 } from "node:fs/promises";
import { BlockList } from "node:net";
import { join } from "node:path";
async function plainHttp(registry, { tools, environment }) {
  const { stdout } = await tools.run("docker", ["info", "--format", "{{json .RegistryConfig}}"], {
    env: environment
  });
  if (!await isInsecure(registry, JSON.parse(stdout))) {
    throw new ConfigurationError(
      `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner (/etc/docker/daemon.json) and of each host.`
    );
  }
  const folder = join(tools.folder, `buildx-${randomUUID2().slice(0, 8)}`);
  await mkdir2(join(folder, "instances"), { recursive: true });
  await writeFile2(join(folder, "instances", PLAIN), plainBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN };
}
var PLAIN = "sealift-plain-http";
function plainBuilder(registry) {
  const toml = `[registry.${JSON.stringify(registry)}]
  http = true
`;
  const Files = { "buildkitd.toml": Buffer.from(toml).toString("base64") };
  const Nodes = [{ Name: `${PLAIN}0`, Endpoint: "unix:///dev/null", Files }];
  return JSON.stringify({ Name: PLAIN, Driver: "docker-container", Nodes });
}
async function isInsecure(registry, config) {
  const known = object(object(object(config)["IndexConfigs"])[registry]);
  if (typeof known["Secure"] === "boolean") return !known["Secure"];
  const ranges = new BlockList();
  for (const range of texts(object(config)["InsecureRegistryCIDRs"])) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
}

// src/image/retry.ts
import { setTimeout as pause } from "node:timers/promises";
var PATIENCE = { attempts: 5, first: 2e3, longest: 3e4 };
var Transient = class extends Error {
  final;
  constructor(final) {
    super(final.message);
    this.final = final;
  }
};
async function persist(what, attempt2, {
  log,
  patience,
  signal
}) {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt2(number);
    } catch (error2) {
      if (!(error2 instanceof Transient)) throw error2;
      if (number >= patience.attempts) throw error2.final;
      const wait = waitBefore(number, patience, Math.random());
      log.info(
        `${what} failed: ${error2.message} Trying again in ${(wait / 1e3).toFixed(1)} s (${number + 1} of ${patience.attempts}).`
      );
      await pause(wait, void 0, signal === void 0 ? {} : { signal }).catch(
        () => signal?.throwIfAborted()
      );
    }
  }
}
function waitBefore(number, { first, longest }, chance) {
  const whole2 = Math.min(longest, first * 2 ** (number - 1));
  return Math.round(whole2 / 2 + whole2 / 2 * chance);
}

// src/image/registry.ts
var RefusedError = class extends ConfigurationError {
};
var Registry = class _Registry {
  #shop;
  /** What was told of images by digest, which never changes: in one run it is asked for once, whoever asks. */
  static #known = /* @__PURE__ */ new Map();
  #plain = /* @__PURE__ */ new Map();
  constructor(shop) {
    this.#shop = shop;
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RefusedError without access; SealiftError when the registry can't be reached.
   */
  async inspect(reference) {
    const known = _Registry.#known.get(reference);
    if (known !== void 0) return known;
    const found = await this.#inspect(reference);
    if (found !== void 0) _Registry.#known.set(`${repositoryIn(reference)}@${found.digest}`, found);
    return found;
  }
  async #inspect(reference) {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const told = await this.#ask(reference, ["inspect", "--format", format, reference]);
    if (told === void 0) return void 0;
    const { manifest, image } = object(JSON.parse(told));
    const digest3 = digestIn(manifest);
    if (digest3 === void 0) throw new SealiftError(`${reference}: the registry's answer names no digest.`);
    const repository = repositoryIn(reference);
    const manifests = list(object(manifest)["manifests"]).filter(isObject);
    const platforms = /* @__PURE__ */ new Map();
    if (manifests.length === 0) {
      platforms.set(platformOf(object(image)), await this.#platform(repository, digest3, object(image)));
    }
    for (const each2 of manifests) {
      const own = digestIn(each2);
      const platform2 = platformOf(object(each2["platform"]));
      if (own === void 0 || platform2.startsWith("unknown")) continue;
      const config = object(image)[platform2] ?? image;
      platforms.set(platform2, await this.#platform(repository, own, object(config)));
    }
    return { digest: digest3, platforms };
  }
  async #platform(repository, digest3, image) {
    const reference = `${repository}@${digest3}`;
    const raw = await this.#ask(reference, ["inspect", "--raw", reference]);
    const manifest = raw === void 0 ? {} : object(JSON.parse(raw));
    const config = digestIn(manifest["config"]);
    if (config === void 0)
      throw new SealiftError(`${reference}: the registry has no such manifest, though its index names it.`);
    const labels3 = Object.entries(object(object(image["config"])["Labels"]));
    return {
      digest: digest3,
      config,
      labels: Object.fromEntries(labels3.map(([key, value]) => [key, String(value)])),
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
    const done = await this.#ask(image, args, isWorthAnotherPush).catch((error2) => {
      if (!(error2 instanceof RefusedError)) throw error2;
      const { evidence } = error2;
      throw new ConfigurationError(
        `${registryOf(image)} refuses the tags ${references.join(", ")} for ${image}. ${pushAdvice(registryOf(image))} It said: ${evidence.at(-1) ?? "nothing"}`,
        { evidence }
      );
    });
    if (done === void 0) throw new SealiftError(`${image} is not in the registry, so it can't be tagged.`);
  }
  #ask(reference, args, passes = mayPass) {
    const { tools, patience, signal } = this.#shop;
    const registry = registryOf(reference);
    return persist(`Asking ${registry}`, () => this.#once(reference, args, passes), {
      log: tools.log,
      patience,
      signal
    });
  }
  async #once(reference, args, passes) {
    const registry = registryOf(reference);
    const plain3 = this.#plain.get(registry);
    try {
      return await this.#imagetools(args, await plain3 ?? {});
    } catch (error2) {
      if (!(error2 instanceof CommandError)) throw error2;
      if (plain3 !== void 0 || !/server gave HTTP response to HTTPS client/.test(error2.stderr)) {
        return explained(reference, registry, error2, passes);
      }
    }
    const found = this.#plain.get(registry) ?? plainHttp(registry, this.#shop);
    this.#plain.set(registry, found);
    await found;
    return this.#once(reference, args, passes);
  }
  async #imagetools(args, environment) {
    const { tools, signal } = this.#shop;
    const argv = ["buildx", "imagetools", ...args];
    tools.log.debug(`docker ${argv.join(" ")}`);
    const { stdout } = await tools.run("docker", argv, {
      env: { ...this.#shop.environment, ...environment },
      ...signal === void 0 ? {} : { signal }
    });
    return stdout;
  }
};
var repositoryIn = (reference) => reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
function explained(reference, registry, error2, passes) {
  const said3 = (error2.stderr.trim().split("\n").at(-1) ?? "").replace(/^ERROR:\s*/, "");
  const { evidence } = error2;
  if (/unknown command: docker buildx|is not a docker command/.test(error2.stderr)) {
    throw new ConfigurationError(
      "docker buildx is not on this runner. Run docker/setup-buildx-action before this step."
    );
  }
  if (isRefusal(said3) && !mayPass(said3)) {
    throw new RefusedError(
      `image: ${registry} does not show ${reference}: it is not there, or the login may not read it. Check the name, and registry-username and registry-password. It said: ${said3}`,
      { evidence }
    );
  }
  if (passes(said3)) {
    throw new Transient(
      new SealiftError(`The registry ${registry} can't be reached, or fails: ${said3}`, { evidence })
    );
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(said3)) return void 0;
  throw new SealiftError(`The registry ${registry} was asked for ${reference} and failed: ${said3}`, {
    evidence
  });
}
function digestIn(value) {
  const digest3 = text(object(value)["digest"]);
  return digest3 !== void 0 && isDigest(digest3) ? digest3 : void 0;
}
function layersOf(manifest, image) {
  const sizes = list(manifest["layers"]).map((layer) => Number(object(layer)["size"]));
  const diffIds = texts(object(image["rootfs"])["diff_ids"]);
  return sizes.length === diffIds.length ? diffIds.map((diffId, index) => ({ diffId, size: sizes[index] ?? 0 })) : [];
}
function platformOf(value) {
  const parts2 = [value["os"], value["architecture"], value["variant"]].filter(
    (part) => typeof part === "string" && part !== ""
  );
  return parts2.join("/");
}

// src/image/given.ts
async function resolveImages(given2, shop) {
  const registry = new Registry(shop);
  const remotes = new Map(
    await Promise.all(
      [...given2].map(async ([service, reference]) => [service, await find(reference, registry)])
    )
  );
  const images = /* @__PURE__ */ new Map();
  const configs = /* @__PURE__ */ new Map();
  for (const [service, reference] of given2) {
    const remote = remotes.get(service);
    if (remote === void 0) continue;
    const image = pinned(reference.repository, reference.digest ?? remote.digest);
    images.set(service, image);
    const config = forPlatform(remote, runnerPlatform())?.config;
    if (config !== void 0) configs.set(service, config);
    if (reference.digest === void 0) shop.tools.log.info(`${written(reference)} is ${image}.`);
  }
  const tags = [...new Set([...given2.values()].flatMap(({ tag }) => tag === void 0 ? [] : [tag]))];
  const revisions = new Set([...remotes.values()].map(revisionOf));
  return { images, configs, tags, revision: revisions.size === 1 ? [...revisions][0] : void 0 };
}
async function find(reference, registry) {
  const name = reference.digest === void 0 ? written(reference) : pinned(reference.repository, reference.digest);
  const remote = await registry.inspect(name);
  if (remote !== void 0) return remote;
  throw new ConfigurationError(
    `image: ${name} was not found in the registry. Check the name and the ${reference.digest === void 0 ? "tag" : "digest"}; was it pushed, or removed since?`
  );
}
function written({ repository, tag }) {
  return `${repository}:${tag ?? "latest"}`;
}
function revisionOf({ platforms }) {
  return [...platforms.values()][0]?.labels[OCI.revision];
}
function forPlatform({ platforms }, platform2) {
  const only = platforms.size === 1 ? [...platforms.values()][0] : void 0;
  return only ?? [...platforms].find(([name]) => isSame(name, platform2))?.[1];
}

// src/run/side-by-side.ts
function begun(promise) {
  promise.catch(() => void 0);
  return promise;
}
async function together(promises3) {
  await Promise.allSettled(promises3);
  return await Promise.all(promises3);
}

// src/image/clock.ts
var Clock = class {
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

// src/image/recipe.ts
import { isAbsolute as isAbsolute2, resolve as resolve2 } from "node:path";

// src/image/compose-build.ts
import { isAbsolute, resolve } from "node:path";
function composeBuild(of, data, pantry) {
  const build2 = object(unescaped(data));
  const where = `compose-file: build of service ${of.service}`;
  const secrets = /* @__PURE__ */ new Map();
  const secret = list(build2["secrets"]).map((use) => secretOf(use, of, pantry, secrets, where));
  const platforms = texts(build2["platforms"]);
  const context = text(build2["context"]) ?? ".";
  const dockerfile = text(build2["dockerfile"]);
  const inline2 = text(build2["dockerfile_inline"]);
  const entitlements = [
    ...texts(build2["entitlements"]),
    ...build2["privileged"] === true ? ["security.insecure"] : []
  ];
  const target = {
    context: isRemote(context) || isAbsolute(context) ? context : resolve(pantry.workspace, context),
    ...inline2 === void 0 ? {} : { "dockerfile-inline": inline2 },
    ...inline2 !== void 0 || dockerfile === void 0 ? {} : { dockerfile },
    ...optional("target", text(build2["target"])),
    args: argsOf(build2["args"]),
    labels: stringMap(build2["labels"]),
    contexts: contextsOf(build2["additional_contexts"], pantry, where),
    platforms: platforms.length > 0 ? platforms : of.platform === void 0 ? [] : [of.platform],
    secret,
    ssh: sshOf(build2["ssh"]),
    "cache-from": texts(build2["cache_from"]),
    "extra-hosts": extraHosts(build2["extra_hosts"]),
    ulimits: ulimitsOf(build2["ulimits"]),
    ...optional("shm-size", sizeOf(build2["shm_size"])),
    ...optional("network", text(build2["network"])),
    ...entitlements.length === 0 ? {} : { entitlements },
    ...build2["pull"] === true ? { pull: true } : {},
    ...build2["no_cache"] === true ? { "no-cache": true } : {}
  };
  return {
    target,
    secrets,
    references: texts(build2["tags"]),
    attest: [
      ...attestation("provenance", flagOrText(build2["provenance"])),
      ...attestation("sbom", flagOrText(build2["sbom"]))
    ],
    cacheTo: texts(build2["cache_to"])
  };
}
function secretOf(use, of, pantry, secrets, where) {
  const source = text(use) ?? text(object(use)["source"]) ?? "";
  const id2 = text(object(use)["target"]) ?? source;
  const spec = object(unescaped(of.secrets[source]));
  const file2 = text(spec["file"]);
  if (file2 !== void 0) return csv([`id=${id2}`, `src=${resolve(pantry.workspace, file2)}`]);
  const value = pantry.contents.get(`secret:${source}`);
  if (value === void 0) {
    const variable2 = text(spec["environment"]);
    const way = variable2 === void 0 ? "Give it file: or environment:." : `Give ${variable2} in the input env.`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${way}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(of.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csv([`id=${id2}`, `env=${variable}`]);
}
function contextsOf(value, pantry, where) {
  return Object.fromEntries(
    Object.entries(stringMap(value)).map(([name, context]) => {
      const service = /^service:(?<service>.+)$/.exec(context)?.groups?.["service"];
      if (service === void 0) return [name, context];
      const id2 = pantry.ids.get(service);
      if (id2 === void 0) {
        throw new ConfigurationError(
          `${where}: context ${name} is service ${service}, which is not built here.`
        );
      }
      return [name, `target:${id2}`];
    })
  );
}
function sshOf(value) {
  if (Array.isArray(value)) return texts(value);
  return Object.entries(object(value)).map(([id2, path]) => text(path) === void 0 ? id2 : `${id2}=${path}`);
}
function extraHosts(value) {
  if (Array.isArray(value)) return hosts(texts(value));
  return hosts(
    Object.entries(object(value)).flatMap(
      ([name, address]) => (Array.isArray(address) ? texts(address) : [String(address)]).map((each2) => `${name}=${each2}`)
    )
  );
}
function ulimitsOf(value) {
  return Object.entries(object(value)).map(([name, limit]) => {
    const { soft, hard } = object(limit);
    return typeof limit === "object" ? `${name}=${String(soft)}:${String(hard)}` : `${name}=${String(limit)}`;
  });
}
function flagOrText(value) {
  return typeof value === "boolean" ? String(value) : text(value);
}
function sizeOf(value) {
  return typeof value === "number" ? String(value) : text(value);
}
function csv(fields) {
  return fields.map((field2) => /[",]/.test(field2) ? `"${field2.replaceAll('"', '""')}"` : field2).join(",");
}
function isRemote(context) {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/|docker-image:\/\/|oci-layout:\/\/)/.test(
    context
  );
}
function unescaped(value) {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(unescaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each2]) => [key, unescaped(each2)]));
}
function optional(key, value) {
  const found = {};
  if (value !== void 0) found[key] = value;
  return found;
}

// src/image/recipe.ts
var LONGEST_SECRET = 128 * 1024 - 256;
var REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;
function targetIds(targets) {
  const ids = /* @__PURE__ */ new Map();
  for (const { service } of targets) {
    const wish = service === "" ? "image" : service.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let id2 = wish;
    for (let count3 = 2; [...ids.values()].includes(id2); count3 += 1) id2 = `${wish}-${count3}`;
    ids.set(service, id2);
  }
  return ids;
}
function recipeFor(target, options, pantry) {
  const id2 = pantry.ids.get(target.service) ?? "image";
  const base = target.build === void 0 ? void 0 : composeBuild(target, target.build, pantry);
  const origin = base?.target ?? ownTarget(options, pantry.workspace);
  const secrets = new Map(base?.secrets);
  const secretLines = options.buildSecrets.map((line, index) => inputSecret(line, index, secrets));
  const platforms = options.platforms.length > 0 ? options.platforms : origin.platforms;
  const shared2 = pantry.ids.size > 1;
  const caches = {
    from: options.cacheFrom.flatMap((cache) => shared2 ? [cache, ownCache(cache, id2)] : [cache]),
    to: options.cacheTo.map((cache) => shared2 ? ownCache(cache, id2) : cache)
  };
  const whole2 = {
    ...origin,
    args: { ...origin.args, ...pairs(options.buildArgs) },
    labels: { ...origin.labels, ...pantry.labels, ...pairs(options.labels) },
    contexts: { ...origin.contexts, ...pairs(options.buildContexts) },
    "extra-hosts": { ...origin["extra-hosts"], ...hosts(options.addHosts) },
    secret: [...origin.secret ?? [], ...secretLines],
    "cache-from": [.../* @__PURE__ */ new Set([...origin["cache-from"] ?? [], ...caches.from])],
    ...platforms === void 0 || platforms.length === 0 ? {} : { platforms },
    ...options.pull || origin.pull === true ? { pull: true } : {},
    ...options.noCache || origin["no-cache"] === true ? { "no-cache": true } : {}
  };
  const attest = [...attestation("provenance", options.provenance), ...attestation("sbom", options.sbom)];
  return {
    id: id2,
    target: whole2,
    secrets,
    references: base?.references ?? [],
    attest: [
      ...(base?.attest ?? []).filter((line) => !attest.some((own) => kindOf(own) === kindOf(line))),
      ...attest
    ],
    cacheTo: [...base?.cacheTo ?? [], ...caches.to]
  };
}
function ownTarget({ context, file: file2, target }, workspace) {
  const remote = REMOTE.test(context);
  const folder = remote ? context : resolve2(workspace, context);
  return {
    context: folder,
    ...file2 === void 0 ? {} : { dockerfile: remote || isAbsolute2(file2) ? file2 : resolve2(workspace, file2) },
    ...target === void 0 ? {} : { target }
  };
}
function inputSecret(line, index, secrets) {
  const [id2, value] = pair(line);
  if (Buffer.byteLength(value) > LONGEST_SECRET) {
    throw new ConfigurationError(
      `build-secrets: "${id2}" is longer than 127 KiB, more than can be handed over.`
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id2},env=${variable}`;
}
function kindOf(attest) {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.["kind"];
}
function ownCache(cache, id2) {
  if (!/(?:^|,)type=/.test(cache)) return tagged(cache, id2);
  const field2 = { gha: "scope", registry: "ref", local: /(?:^|,)dest=/.test(cache) ? "dest" : "src" };
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"];
  if (type === "gha" && !/(?:^|,)scope=/.test(cache)) return `${cache},scope=${id2}`;
  const name = type === "gha" || type === "registry" || type === "local" ? field2[type] : void 0;
  if (name === void 0) return cache;
  return cache.replace(
    new RegExp(`(?<before>(?:^|,)${name}=)(?<value>[^,]*)`),
    (_, before, value) => {
      if (name === "ref") return before + tagged(value, id2);
      return `${before}${value}${name === "scope" ? "-" : "/"}${id2}`;
    }
  );
}
function tagged(reference, id2) {
  const hasTag = reference.lastIndexOf(":") > reference.lastIndexOf("/");
  return `${reference}${hasTag ? "" : ":latest"}-${id2}`;
}

// src/model/tag-template.ts
var TEMPLATES = ["branch", "branch-slug", "semver", "sha7", "pr"];

// src/image/tags.ts
var SEMVER = /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
var TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;
var LEGAL = 'letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"';
function tagsFor(lines, commit) {
  if (commit.sha === void 0) {
    throw new ConfigurationError(
      "tags: the commit is not known, after which the image is named. Run actions/checkout before this step, or set GITHUB_SHA."
    );
  }
  const tags = /* @__PURE__ */ new Set([commit.sha]);
  const skipped = [];
  for (const line of lines) {
    const missing2 = namesIn(line).find((name) => templateValue(name, commit) === void 0);
    if (missing2 === void 0) tags.add(legal(line, commit));
    else skipped.push(`tags: "${line}" is left out: ${whyNone(missing2, commit)}.`);
  }
  return { tags: [...tags], version: versionOf(commit), skipped };
}
function namesIn(line) {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TEMPLATES.find((template) => template === groups?.["name"]);
    if (name !== void 0) return name;
    const known = TEMPLATES.map((template) => `{{${template}}}`).join(", ");
    throw new ConfigurationError(`tags: {{${groups?.["name"]}}} is not known; ${known} are.`);
  });
}
function legal(line, commit) {
  const names = namesIn(line);
  let next2 = 0;
  const tag = line.replaceAll(TEMPLATE, () => templateValue(names[next2++], commit) ?? "");
  if (isTag(tag)) return tag;
  const from = names.length === 0 ? "" : ` (from ${line})`;
  throw new ConfigurationError(`tags: "${tag}"${from} is not a legal tag: ${LEGAL}.${wayOut(names, commit)}`);
}
function wayOut(names, commit) {
  if (names.includes("branch")) return ` Write {{branch-slug}} for "${slug(branchOf(commit) ?? "") ?? ""}".`;
  if (names.includes("semver"))
    return ' An image tag has no "+", so versions with build metadata give none: tag the commit without it.';
  return "";
}
function templateValue(name, commit) {
  switch (name) {
    case "branch":
      return branchOf(commit);
    case "branch-slug":
      return slug(branchOf(commit) ?? "");
    case "semver":
      return versionOf(commit);
    case "sha7":
      return commit.sha?.slice(0, 7);
    case "pr":
      return commit.pullRequest?.toString();
    case void 0:
      return void 0;
  }
}
function whyNone(name, commit) {
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
function versionOf({ ref }) {
  const tag = /^refs\/tags\/(?<name>.+)$/.exec(ref ?? "")?.groups?.["name"];
  return tag === void 0 ? void 0 : SEMVER.exec(tag)?.groups?.["version"];
}
function slug(branch) {
  const legal3 = branch.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[.-]+/, "").slice(0, 128);
  return legal3 === "" ? void 0 : legal3;
}

// src/image/trial.ts
import { randomUUID as randomUUID3 } from "node:crypto";

// src/model/command.ts
var OPERATORS = /* @__PURE__ */ new Set(["|", "&", ";", "<", ">", "(", ")", "`", "$", "*", "\n"]);
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
      const next2 = command[at + 1] ?? "";
      if (letter === '"') quote = void 0;
      else if (letter === "\\" && next2 === "\n") at += 1;
      else if (letter === "\\" && '"\\$`'.includes(next2) && next2 !== "") {
        word += next2;
        at += 1;
      } else if (letter === "$" || letter === "`") throw needsShell(command, letter, input);
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "\\" && at + 1 < command.length) {
      at += 1;
      if (command[at] !== "\n") word = (word ?? "") + command[at];
    } else if (OPERATORS.has(letter)) throw needsShell(command, letter, input);
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
function goesOn(command) {
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
var SHOWN = 120;
function showCommand(argv) {
  const words = argv.map(
    (word) => /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  );
  const line = [...words.join(" ").replaceAll(/\s*\n\s*/g, " ⏎ ")];
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1).join("")}…` : line.join("");
}
function needsShell(command, letter, input) {
  const quoted2 = `'${command.replaceAll("'", "'\\''")}'`;
  return new ConfigurationError(
    `${input}: "${letter}" means something to a shell only, and the command is run without one. Write sh -c ${quoted2}, if the image has a shell, or put "${letter}" in single quotes.`
  );
}

// src/image/trial.ts
function testsFor(targets, tests) {
  const found = /* @__PURE__ */ new Map();
  const names = targets.map(({ service }) => service).filter((service) => service !== "");
  for (const [key, commands] of tests) {
    const [only] = targets;
    const target = key === "" && targets.length === 1 ? only : targets.find(({ service, keys }) => service === key || keys.includes(key));
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
async function loadedId(name, shop) {
  const { stdout } = await shop.tools.run("docker", ["image", "inspect", "--format", "{{.Id}}", name], {
    env: shop.environment
  });
  return stdout.trim();
}
var KEPT = 30;
async function runTest(id2, argv, service, shop) {
  const { tools, environment, signal } = shop;
  const container = `sealift-test-${randomUUID3().slice(0, 8)}`;
  const args = [
    "run",
    "--rm",
    "--pull",
    "never",
    "--name",
    container,
    "--label",
    "sealift.role=test",
    id2,
    ...argv
  ];
  const command = showCommand(argv);
  tools.log.info(`Test${service === "" ? "" : ` of ${service}`}: ${command}`);
  tools.log.debug(`docker ${args.join(" ")}`);
  const lines = [];
  try {
    await tools.run("docker", args, {
      env: environment,
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > KEPT) lines.shift();
      },
      ...signal === void 0 ? {} : { signal }
    });
  } catch (error2) {
    await tools.run("docker", ["rm", "--force", "--volumes", container], { env: environment, allow: [1] }).catch(() => void 0);
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    throw new SealiftError(failed(command, service, error2.exitCode, lines), { evidence: lines, told: true });
  }
}
function failed(command, service, code2, lines) {
  const where = service === "" ? "the image" : `the image of ${service}`;
  const last = lines.at(-1) ?? "";
  if (code2 === 127)
    return `test: "${command}" could not be started in ${where}: there is no such program in it. ${last}`;
  if (code2 === 126)
    return `test: "${command}" could not be started in ${where}: it is not executable. ${last}`;
  if (code2 === 125) return `test: the container for "${command}" could not be made. ${last}`;
  if (code2 === 137)
    return `test: "${command}" was killed in ${where} (exit code 137), most often for want of memory.`;
  return `test: "${command}" failed in ${where} with ${code2 === void 0 ? "a signal" : `exit code ${code2}`}. Nothing was pushed.`;
}

// src/image/draft.ts
function draftOf({ targets, options, commit, contents }, workspace) {
  const tags = tagsFor(options.tags, commit);
  const tests = testsFor(targets, options.tests);
  const labels3 = labelsFor(commit, tags.tags, tags.version, /* @__PURE__ */ new Date());
  const pantry = { workspace, contents, ids: targetIds(targets), labels: labels3 };
  const items = targets.map((target) => {
    const recipe = recipeFor(target, options, pantry);
    const own = tests.get(target.service) ?? [];
    const fingerprint2 = fingerprintOf(
      recipe,
      own.map((argv) => argv.join("\0")),
      workspace
    );
    const labelled2 = { ...recipe.target.labels, [FINGERPRINT]: fingerprint2 };
    return { target, recipe: { ...recipe, target: { ...recipe.target, labels: labelled2 } }, tests: own };
  });
  return { tags, items };
}
function secretsOf(items) {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}
function referencesOf({ tags }, { target, recipe }) {
  const [commit, ...rest] = tags.tags.map((tag) => `${target.repository}:${tag}`);
  const further = /* @__PURE__ */ new Set([...rest, ...recipe.references]);
  further.delete(commit ?? "");
  return { commit: commit ?? "", further: [...further] };
}

// src/image/files.ts
import { existsSync as existsSync2, statSync } from "node:fs";
import { isAbsolute as isAbsolute3, join as join2, relative as relative2 } from "node:path";
function checkFiles({ service }, { target }, workspace) {
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
  const file2 = isAbsolute3(dockerfile ?? "") ? dockerfile ?? "" : join2(context, dockerfile ?? "Dockerfile");
  if (existsSync2(file2) || dockerfile === void 0 && existsSync2(join2(context, "dockerfile"))) return;
  const inContext = join2(context, relative2(workspace, file2));
  const advice = service === "" && existsSync2(inContext) ? ` It is looked for from the checkout's top: file: ${shown(inContext)}` : service === "" && dockerfile === void 0 ? ' Set "file" to its path, or "context" to its folder.' : "";
  throw new ConfigurationError(`${where("file")} there is no ${shown(file2)}.${advice}`);
}

// src/image/bake.ts
function bakeDefinition(targets) {
  const target = Object.fromEntries([...targets].map(([id2, each2]) => [id2, said(each2)]));
  return JSON.stringify(escaped({ target }), void 0, 2);
}
function said(target) {
  return Object.fromEntries(
    Object.entries(target).filter(([, value]) => typeof value !== "object" || Object.keys(value).length > 0)
  );
}
function escaped(value) {
  if (typeof value === "string") return value.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each2]) => [escaped(key), escaped(each2)]));
}
function allowances(targets) {
  const all3 = [...targets];
  const wanted = new Set(all3.flatMap(({ entitlements }) => entitlements ?? []));
  if (all3.some(({ network }) => network === "host")) wanted.add("network.host");
  if (all3.some(({ ssh }) => (ssh ?? []).length > 0)) wanted.add("ssh");
  return [...wanted].sort().map((entitlement) => `--allow=${entitlement}`);
}
function forTest(recipe, name, platform2) {
  const inline2 = recipe.cacheTo.filter(isInline);
  return {
    ...recipe.target,
    ...inline2.length === 0 ? {} : { "cache-to": inline2 },
    ...platform2 === void 0 ? {} : { platforms: [platform2] },
    tags: [name],
    output: ["type=docker"],
    attest: ["type=provenance,disabled=true"]
  };
}
function isInline(cache) {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}
function forCache(recipe, platforms) {
  return { ...recipe.target, platforms, output: ["type=cacheonly"] };
}
function forPush(recipe, references) {
  return { ...whole(recipe), tags: references, output: ["type=image,push=true"] };
}
function forProof(recipe, repository, stage, by) {
  const { "no-cache": _, pull: __, ...target } = whole(recipe);
  const format = by === "manifest" ? ",oci-mediatypes=true" : "";
  if (stage.kind === "tag")
    return { ...target, tags: [`${repository}:${stage.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}
function whole({ target, attest, cacheTo }) {
  return {
    ...target,
    ...attest.length === 0 ? {} : { attest },
    ...cacheTo.length === 0 ? {} : { "cache-to": cacheTo }
  };
}

// src/image/solve.ts
import { randomUUID as randomUUID4 } from "node:crypto";
import { readFile, writeFile as writeFile3 } from "node:fs/promises";
import { join as join3 } from "node:path";
var KEPT2 = 200;
function solve(what, targets, secrets, shop) {
  const { tools, patience, signal } = shop;
  return persist(what, () => attempt(targets, secrets, shop), { log: tools.log, patience, signal });
}
async function attempt(targets, secrets, { tools, environment, workspace, signal }) {
  const name = randomUUID4().slice(0, 8);
  const file2 = join3(tools.folder, `bake-${name}.json`);
  const metadata = join3(tools.folder, `bake-${name}.metadata.json`);
  await writeFile3(file2, bakeDefinition(targets), { mode: 384 });
  const args = [
    ...["buildx", "bake", "--file", file2, "--metadata-file", metadata, "--progress", "plain"],
    ...allowances(targets.values()),
    ...targets.keys()
  ];
  tools.log.debug(`docker ${args.join(" ")}`);
  const lines = [];
  try {
    await tools.run("docker", args, {
      cwd: workspace,
      env: { ...environment, ...SETTINGS, ...Object.fromEntries(secrets) },
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > KEPT2) lines.shift();
      },
      ...signal === void 0 ? {} : { signal }
    });
  } catch (error2) {
    if (!(error2 instanceof CommandError) || signal?.aborted === true) throw error2;
    const told = lines.length > 0 ? lines : error2.stderr.split("\n");
    const references = [...targets.values()].flatMap(namesOf);
    const push = [...targets.values()].some(
      ({ output }) => output?.some((line) => line.includes("push=true"))
    );
    const failure2 = explainBuild(told, { repositories: references, push });
    throw failure2.passing ? new Transient(failure2.error) : failure2.error;
  }
  return readMetadata(await readFile(metadata, "utf8"), targets.keys());
}
function namesOf({ tags = [], output = [] }) {
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.["name"] ?? []);
}
var SETTINGS = {
  // The definition is ours and names files of the checkout: nobody is there to be asked.
  BUILDX_BAKE_ENTITLEMENTS_FS: "0",
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: "disabled",
  NO_COLOR: "1"
};
function readMetadata(json, ids) {
  const all3 = object(JSON.parse(json));
  return new Map(
    [...ids].map((id2) => {
      const told = object(all3[id2]);
      if (Object.keys(told).length === 0)
        throw new SealiftError(`docker buildx said nothing of the image "${id2}" it built.`);
      return [
        id2,
        {
          digest: digest(told["containerimage.digest"]),
          config: digest(told["containerimage.config.digest"])
        }
      ];
    })
  );
}
function digest(value) {
  const found = text(value);
  return found !== void 0 && isDigest(found) ? found : void 0;
}

// src/image/stage.ts
import { randomUUID as randomUUID5 } from "node:crypto";
async function chooseStage({ tools, environment }) {
  const driver = await tools.run("docker", ["buildx", "inspect"], { env: environment }).then(
    ({ stdout }) => driverIn(stdout),
    (error2) => {
      if (!(error2 instanceof CommandError)) throw error2;
      return void 0;
    }
  );
  if (driver !== void 0 && driver !== "docker") return { kind: "digest" };
  return { kind: "tag", tag: `candidate-${randomUUID5().slice(0, 8)}` };
}
function driverIn(printed) {
  return /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.["driver"];
}
async function nameHere(stage, repository, references, { tools, environment }) {
  if (stage.kind !== "tag") return;
  const image = `${repository}:${stage.tag}`;
  for (const reference of references) {
    await tools.run("docker", ["image", "tag", image, reference], { env: environment, allow: [1] }).catch(() => void 0);
  }
}
async function leaveStage(stage, repositories, { tools, environment }) {
  if (stage.kind !== "tag") return;
  const names = repositories.map((repository) => `${repository}:${stage.tag}`);
  await tools.run("docker", ["image", "rm", "--force", ...names], { env: environment, allow: [1] }).catch(() => void 0);
}

// src/image/publish.ts
async function publish(shipment, shop) {
  const { draft, tested, stage } = shipment;
  const repositories = draft.items.map(({ target }) => target.repository);
  const targets = new Map(
    draft.items.map((item) => [
      item.recipe.id,
      forProof(item.recipe, item.target.repository, stage, provedBy(tested.get(item)))
    ])
  );
  try {
    const pushed = await solve("The push", targets, secretsOf(draft.items), shop);
    const remotes = await inRegistry(shipment, pushed, stage.kind === "tag" ? stage.tag : void 0);
    for (const [item, remote] of remotes) proveSame(item, tested.get(item), remote);
    await moveTags(remotes, shipment, shop);
    return remotes;
  } finally {
    await leaveStage(stage, repositories, shop);
  }
}
async function publishUntested({ draft, registry }, shop) {
  const targets = new Map(
    draft.items.map((item) => {
      const { further, commit } = referencesOf(draft, item);
      return [item.recipe.id, forPush(item.recipe, [...further, commit])];
    })
  );
  const pushed = await solve("The push", targets, secretsOf(draft.items), shop);
  const remotes = await inRegistry({ draft, registry }, pushed, draft.tags.tags[0]);
  for (const [item, remote] of remotes) tell(draft, item, remote, shop);
  return remotes;
}
async function inRegistry({ draft, registry }, pushed, tag) {
  const found = await together(
    draft.items.map(async (item) => {
      const { repository } = item.target;
      const digest3 = pushed.get(item.recipe.id)?.digest;
      if (digest3 === void 0 && tag === void 0)
        throw new SealiftError(
          `docker buildx did not say which image it pushed to ${repository}. Update buildx.`
        );
      const reference = digest3 === void 0 ? `${repository}:${tag}` : pinned(repository, digest3);
      const remote = await registry.inspect(reference);
      if (remote === void 0)
        throw new SealiftError(`${reference} was pushed, and the registry does not have it.`);
      return [item, remote];
    })
  );
  return new Map(found);
}
function provedBy(tested) {
  return tested !== void 0 && tested.config === void 0 ? "manifest" : "config";
}
function proveSame({ target, recipe }, tested, remote) {
  if (tested === void 0) return;
  const there = forPlatform(remote, tested.platform);
  const what = provedBy(tested);
  const is = what === "config" ? there?.config : there?.digest;
  if (is === tested[what]) return;
  const image = pinned(target.repository, remote.digest);
  const why2 = recipe.cacheTo.some(isInline) ? "cache-to: type=inline stands in the image itself, and docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step." : "A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it builds anew.";
  throw new SealiftError(
    `${image} is not what was tested: its ${what} is ${is ?? `not there for ${tested.platform}`}, the tested one ${tested[what]}. No tag was moved. ${why2}${target.service === "" ? "" : ` (${target.service})`}`
  );
}
async function moveTags(remotes, { draft, registry, stage }, shop) {
  const all3 = [...remotes].map(([item, remote]) => ({
    ...referencesOf(draft, item),
    item,
    remote,
    image: pinned(item.target.repository, remote.digest)
  }));
  await together(all3.map(({ image, further }) => registry.tag(image, further)));
  await together(
    all3.flatMap(({ image, commit, further, item }) => [
      registry.tag(image, [commit]),
      nameHere(stage, item.target.repository, [commit, ...further], shop)
    ])
  );
  for (const { item, remote } of all3) tell(draft, item, remote, shop);
}
function tell({ tags }, { target }, { digest: digest3 }, { tools }) {
  tools.log.info(`Pushed ${pinned(target.repository, digest3)} as ${tags.tags.join(", ")}.`);
}

// src/image/rehearsal.ts
import { randomUUID as randomUUID6 } from "node:crypto";
async function buildAndTest(draft, clock, shop) {
  const items = draft.items.filter(({ tests }) => tests.length > 0);
  const tested = /* @__PURE__ */ new Map();
  if (items.length === 0) return tested;
  const own = await enginePlatform(shop.tools, shop.environment);
  const run4 = randomUUID6().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run4}`]));
  const targets = /* @__PURE__ */ new Map();
  for (const item of draft.items) {
    const { recipe } = item;
    const platforms = recipe.target.platforms ?? [];
    const platform2 = testPlatform(platforms, own);
    const name = names.get(item);
    if (name === void 0) targets.set(recipe.id, { ...recipe.target, output: ["type=cacheonly"] });
    else targets.set(recipe.id, forTest(recipe, name, platform2));
  }
  const secrets = secretsOf(draft.items);
  try {
    const solved = await clock.time("build", () => solve("The build", targets, secrets, shop));
    await clock.time("build", () => fillCache(items, own, secrets, shop));
    for (const [item, name] of names) {
      tested.set(item, await clock.time("test", () => test(item, name, solved, own, shop)));
    }
    return tested;
  } finally {
    await shop.tools.run("docker", ["image", "rm", "--force", ...names.values()], { env: shop.environment, allow: [1] }).catch(() => void 0);
  }
}
async function test({ recipe, target, tests }, name, solved, own, shop) {
  const { config, digest: manifest } = solved.get(recipe.id) ?? {};
  if (config === void 0 && manifest === void 0)
    throw new SealiftError(`docker buildx did not say which image it built for ${name}. Update buildx.`);
  const id2 = await loadedId(name, shop);
  for (const argv of tests) await runTest(id2, argv, target.service, shop);
  return { config, manifest, platform: testPlatform(recipe.target.platforms ?? [], own) ?? own };
}
async function fillCache(items, own, secrets, shop) {
  const others = /* @__PURE__ */ new Map();
  for (const { recipe } of items) {
    const platforms = recipe.target.platforms ?? [];
    const tested = testPlatform(platforms, own);
    const rest = platforms.filter((platform2) => platform2 !== tested);
    if (recipe.target["no-cache"] === true && rest.length > 0) others.set(recipe.id, forCache(recipe, rest));
  }
  if (others.size > 0) await solve("The build for the other platforms", others, secrets, shop);
}

// src/image/reuse.ts
async function findAll(draft, commit, registry, shop) {
  const found = await Promise.all(
    draft.items.map(async (item) => [item, await find2(item, commit, registry, shop)])
  );
  const remotes = /* @__PURE__ */ new Map();
  for (const [item, remote] of found) {
    if (remote === void 0) return void 0;
    remotes.set(item, remote);
  }
  return remotes;
}
async function find2({ target, recipe }, { sha = "" }, registry, { tools }) {
  const reference = `${target.repository}:${sha}`;
  let remote;
  try {
    remote = await registry.inspect(reference);
  } catch (error2) {
    if (!(error2 instanceof RefusedError)) throw error2;
    tools.log.debug(error2.message);
  }
  if (remote === void 0) return void 0;
  const labels3 = [...remote.platforms.values()].map((platform2) => platform2.labels);
  if (labels3.length === 0 || labels3.some((label) => label[OCI.revision] !== sha)) {
    tools.log.info(
      `${reference} is in the registry, but its label does not say that it was built from this commit. It is built again.`
    );
    return void 0;
  }
  const fingerprint2 = recipe.target.labels?.[FINGERPRINT];
  if (labels3.some((label) => label[FINGERPRINT] !== fingerprint2)) {
    tools.log.info(
      `${reference} is in the registry, but was built with other inputs or tested otherwise. It is built again.`
    );
    return void 0;
  }
  return remote;
}
async function retag(draft, found, registry, { tools }) {
  for (const [item, { digest: digest3 }] of found) {
    const image = pinned(item.target.repository, digest3);
    tools.log.info(
      `${image} was built from this commit already and is used again (rebuild: true builds it anew).`
    );
    await registry.tag(image, referencesOf(draft, item).further);
  }
}

// src/image/images.ts
async function lookFor(task, shop) {
  const draft = draftOf(task, shop.workspace);
  for (const line of draft.tags.skipped) shop.tools.log.info(line);
  if (task.commit.note !== void 0) shop.tools.log.info(task.commit.note);
  const registry = new Registry(shop);
  const remotes = task.options.rebuild ? void 0 : await findAll(draft, task.commit, registry, shop);
  return { draft, registry, remotes };
}
function reusable({ draft, remotes }) {
  return remotes === void 0 ? void 0 : result(draft, remotes, { reused: true, times: {} });
}
async function buildImages(task, shop, found) {
  const { draft, registry, remotes } = found;
  if (remotes !== void 0) {
    await retag(draft, remotes, registry, shop);
    return result(draft, remotes, { reused: true, times: {} });
  }
  for (const { target, recipe } of draft.items) checkFiles(target, recipe, shop.workspace);
  warnOfCache(task, shop);
  const clock = new Clock();
  const pushed = draft.items.some(({ tests }) => tests.length > 0) ? await testAndPublish(found, clock, shop) : await clock.time("build", () => publishUntested(found, shop));
  return result(draft, pushed, { reused: false, times: clock.times });
}
async function testAndPublish({ draft, registry }, clock, shop) {
  const [tested, stage] = await together([buildAndTest(draft, clock, shop), chooseStage(shop)]);
  return await clock.time("push", () => publish({ draft, tested, registry, stage }, shop));
}
function warnOfCache({ options }, { tools, environment }) {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || "ACTIONS_RUNTIME_TOKEN" in environment) return;
  tools.log.warning(
    "cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN."
  );
}
function result(draft, remotes, { reused, times }) {
  const images = /* @__PURE__ */ new Map();
  const configs = /* @__PURE__ */ new Map();
  for (const [{ target }, remote] of remotes) {
    const config = (forPlatform(remote, runnerPlatform()) ?? [...remote.platforms.values()][0])?.config;
    for (const key of target.keys) {
      images.set(key, pinned(target.repository, remote.digest));
      if (config !== void 0) configs.set(key, config);
    }
  }
  const tested = draft.items.every(({ tests }) => tests.length > 0);
  return { images, configs, tags: draft.tags.tags, reused, tested, times };
}

// src/image/login.ts
import { randomUUID as randomUUID7 } from "node:crypto";
import { homedir as homedir2 } from "node:os";
import { join as join5 } from "node:path";

// src/run/environment.ts
var KEPT3 = /* @__PURE__ */ new Set([
  "ACTIONS_CACHE_URL",
  "ACTIONS_RESULTS_URL",
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_CACHE_SERVICE_V2"
]);
function programEnvironment(environment = process.env) {
  const result2 = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !isForTheAction(name)) result2[name] = value;
  }
  return result2;
}
function isForTheAction(name) {
  if (KEPT3.has(name)) return false;
  return /^(?:INPUT|STATE|ACTIONS)_/.test(name) || name === "GITHUB_TOKEN";
}

// src/image/docker-config.ts
import { mkdir as mkdir3, readdir as readdir2, readFile as readFile2, symlink as symlink2, writeFile as writeFile4 } from "node:fs/promises";
import { homedir } from "node:os";
import { join as join4 } from "node:path";
var HUB = "https://index.docker.io/v1/";
function configKey(registry) {
  return registry === "docker.io" ? HUB : registry;
}
async function makeDockerConfig(folder, logins, environment) {
  const original = environment["DOCKER_CONFIG"] || join4(environment["HOME"] || homedir(), ".docker");
  await mkdir3(folder, { mode: 448 });
  await writeFile4(
    join4(folder, "config.json"),
    JSON.stringify(privateConfig(await readConfig(original), logins)),
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
function privateConfig(config, logins) {
  const keys = logins.map(configKey);
  const own = Object.fromEntries(keys.map((key) => [key, ""]));
  const auths = Object.entries(object(config["auths"])).filter(([key]) => !keys.includes(key));
  return {
    ...config,
    auths: Object.fromEntries(auths),
    credHelpers: { ...object(config["credHelpers"]), ...own }
  };
}
function hasCredentials(config, registry) {
  const key = configKey(registry);
  if (text(object(config["credHelpers"])[key]) !== void 0) return true;
  return object(config["auths"])[key] !== void 0;
}
async function readConfig(folder) {
  const path = join4(folder, "config.json");
  let json;
  try {
    json = await readFile2(path, "utf8");
  } catch (error2) {
    if (error2 instanceof Error && "code" in error2 && error2.code === "ENOENT") return {};
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error2)}`);
  }
  try {
    return object(JSON.parse(json));
  } catch {
    throw new ConfigurationError(
      `${path} is not valid JSON. Mend or remove it; docker can't read it either.`
    );
  }
}

// src/image/logins.ts
var GITHUB = "ghcr.io";
function loginsFor(credentials, repositories) {
  const { login: login2, token } = credentials;
  const registries = [...new Set([...repositories].map(registryOf))];
  const others = registries.filter((registry) => registry !== GITHUB);
  const logins = [];
  if (login2 !== void 0) {
    if (others.length > 1) {
      throw new ConfigurationError(
        `registry-username: the images are in several registries (${others.join(", ")}), and one login can't be for all. Log in to them with docker/login-action before this step, and leave registry-username and registry-password out.`
      );
    }
    const registry = others[0] ?? registries[0];
    if (registry !== void 0) logins.push({ registry, ...login2 });
  }
  const covered = logins.some(({ registry }) => registry === GITHUB);
  if (token !== void 0 && !covered && registries.includes(GITHUB))
    logins.push({ registry: GITHUB, ...token });
  return logins;
}

// src/image/login.ts
async function login(credentials, repositories, tools, options = {}) {
  const environment = options.environment ?? programEnvironment();
  const present = await readConfig(
    environment["DOCKER_CONFIG"] || join5(environment["HOME"] || homedir2(), ".docker")
  );
  const logins = loginsFor(credentials, repositories).filter(
    (each2) => !isFromToken(each2, credentials) || !hasCredentials(present, each2.registry)
  );
  const folder = join5(tools.folder, `docker-${randomUUID7().slice(0, 8)}`);
  const config = await makeDockerConfig(
    folder,
    logins.map(({ registry }) => registry),
    environment
  );
  const { patience = PATIENCE, signal } = options;
  for (const each2 of logins) {
    await persist(`Logging in to ${each2.registry}`, () => logIn(each2, credentials, config, tools, signal), {
      log: tools.log,
      patience,
      signal
    });
  }
  return config;
}
async function registryEnvironment(credentials, release, tools) {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  return (await login(credentials, repositories, tools)).environment;
}
function isFromToken({ username, password }, { token }) {
  return token !== void 0 && username === token.username && password === token.password;
}
async function logIn(each2, credentials, config, tools, signal) {
  const { registry, username, password } = each2;
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
    throw explained2(registry, isFromToken(each2, credentials), error2);
  }
}
function explained2(registry, byToken, error2) {
  const said3 = (error2.stderr.trim().split("\n").at(-1) ?? "").replace(/^Error response from daemon:\s*/, "");
  const { evidence } = error2;
  if (isWithoutEngine(said3)) {
    return new SealiftError(`No Docker engine answers on the runner: ${said3}`, { evidence });
  }
  if (isRefusal(said3)) {
    return new ConfigurationError(
      byToken ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set registry-username and registry-password. It said: ${said3}` : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries want a token in place of the password. It said: ${said3}`,
      { evidence }
    );
  }
  if (/HTTP response to HTTPS client/.test(said3)) {
    return new ConfigurationError(
      `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner and of each host.`,
      { evidence }
    );
  }
  const unreachable2 = new SealiftError(
    `The registry ${registry} can't be reached: ${said3} Is its name right in input image, and may this runner reach it?`,
    { evidence }
  );
  return mayPass(said3) ? new Transient(unreachable2) : unreachable2;
}

// src/image/targets.ts
function placeholder(repository) {
  const nothing = `sha256:${"0".repeat(64)}`;
  if (!isDigest(nothing)) throw new Error("unreachable: 64 zeros are a digest");
  return pinned(repository, nothing);
}
function planTargets(config, source) {
  if (config === void 0) return [ownTarget2(source, [""])];
  const services = Object.entries(config.services);
  const image = placeholder(source.repository);
  const built = services.filter(([, service]) => isObject(service["build"]));
  const users = services.filter(([, service]) => service["image"] === image).map(([name]) => name);
  const builtUsers = users.filter((user) => built.some(([name]) => name === user));
  const drafts = built.map(([name, service]) => {
    const named = imageOf(service);
    return {
      service: name,
      named,
      repository: named === void 0 ? void 0 : repositoryNamed(named, image, name, source),
      build: isObject(service["build"]) ? service["build"] : {},
      platform: text(service["platform"])
    };
  });
  const only = drafts.length === 1 && users.length === 0;
  const targets = mergeSame(
    drafts.map((draft) => ({
      ...draft,
      repository: draft.repository ?? (only ? source.repository : ownRepository(source.repository, draft.service))
    }))
  ).map(
    ({ service, repository, build: build2, platform: platform2, named, also }) => ({
      ...{ service, repository, build: build2, platform: platform2 },
      keys: keysOf(service, also, named, services, image),
      secrets: config.secrets ?? {}
    })
  );
  const own = users.length > 0 && builtUsers.length === 0 ? [ownTarget2(source, ["", ...users])] : [];
  const all3 = [...own, ...targets];
  if (all3.length === 0) throw nothingToBuild(services.map(([name]) => name));
  refuseClash(all3);
  refuseUnused(all3, source);
  return all3;
}
function mergeSame(drafts) {
  const merged = [];
  for (const draft of drafts) {
    const same = merged.findIndex(
      (other2) => draft.named !== void 0 && other2.named === draft.named && other2.platform === draft.platform && JSON.stringify(other2.build) === JSON.stringify(draft.build)
    );
    const other = merged[same];
    if (other === void 0) merged.push({ ...draft, also: [] });
    else merged[same] = { ...other, also: [...other.also, draft.service] };
  }
  return merged;
}
function keysOf(service, also, named, services, image) {
  const sharers = services.filter(
    ([, other]) => named !== void 0 && !isObject(other["build"]) && sameImage(imageOf(other), named)
  ).map(([name]) => name);
  return [.../* @__PURE__ */ new Set([service, ...also, ...sharers, ...named === image ? [""] : []])];
}
function sameImage(one, other) {
  const whole2 = (name) => /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
  return one !== void 0 && whole2(one) === whole2(other);
}
function repositoryNamed(named, image, service, source) {
  if (named === image) return source.repository;
  return parseImage(named, `compose-file: image of service ${service}`).repository;
}
function ownRepository(repository, service) {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is no legal name for its image. Give the service an image: of its own.`
  );
}
function ownTarget2(source, keys) {
  return {
    service: "",
    repository: source.repository,
    keys,
    build: void 0,
    platform: void 0,
    secrets: {}
  };
}
function refuseClash(targets) {
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
function refuseUnused(targets, source) {
  if (targets.some(({ service }) => service === "")) return;
  const services = targets.map(({ service }) => service).join(", ");
  const { file: file2, target, context } = source.options;
  const given2 = [
    ...file2 === void 0 ? [] : [["file", "dockerfile"]],
    ...target === void 0 ? [] : [["target", "target"]],
    ...context === "." ? [] : [["context", "context"]]
  ];
  const [first] = given2;
  if (first === void 0) return;
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Leave it out, or write ${first[1]}: below build: in the Compose file.`
  );
}
function nothingToBuild(services) {
  return new ConfigurationError(
    `compose-file: nothing is to be built. No service has build: or image: \${IMAGE} (services: ${services.join(", ") || "none"}).`
  );
}
function imageOf(service) {
  return text(service["image"]);
}

// src/report/plain.ts
import { stripVTControlCharacters } from "node:util";
var BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
var CONTROLS = new RegExp("(?![\\n\\t])\\p{Cc}", "gu");
function plain(text5) {
  return stripVTControlCharacters(text5).replace(/\r\n?/g, "\n").replace(BIDI, "").replace(CONTROLS, "");
}
function oneLine(text5) {
  return plain(text5).replace(/\s+/g, " ").trim();
}
function withoutCommands(text5) {
  return text5.split(/\r\n|\r|\n/).map((line) => line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "# #[")).join("\n");
}

// src/report/console.ts
var consoleLog = {
  info: (line) => info(withoutCommands(line)),
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
function fold(title, lines) {
  startGroup(title);
  for (const line of lines) consoleLog.info(line);
  endGroup();
}

// src/report/held.ts
function heldLog(log) {
  const kept = [];
  let held = true;
  const tell3 = (what) => {
    if (held) kept.push(what);
    else what();
  };
  return {
    info: (line) => tell3(() => log.info(line)),
    notice: (line) => tell3(() => log.notice(line)),
    warning: (line) => tell3(() => log.warning(line)),
    debug: (line) => tell3(() => log.debug(line)),
    release() {
      held = false;
      for (const what of kept.splice(0)) what();
    }
  };
}

// src/images.ts
function orderImages({ source, registry }, reading, { dryRun }, house) {
  const closed = new AbortController();
  const log = heldLog(house.tools.log);
  const early = {
    ...house,
    tools: { ...house.tools, log },
    signal: AbortSignal.any([house.signal, closed.signal])
  };
  const order = source.kind === "build" ? toBuild(source, registry, reading, dryRun, early) : toFind(source, registry, early);
  return {
    fill: () => order.fill(() => log.release()),
    async close() {
      closed.abort(new Error("What was looked for is no longer needed."));
      await order.looking.catch(() => void 0);
      log.release();
    }
  };
}
function toBuild(source, registry, reading, dryRun, house) {
  const look = async () => {
    const { resolved } = await reading;
    const targets = planTargets(resolved?.config, source);
    const contents = resolved?.contents ?? /* @__PURE__ */ new Map();
    const task = { targets, options: source.options, commit: house.commit, contents };
    const repositories = targets.map((target) => target.repository);
    const shop = await workshop(registry, repositories, house);
    return { task, shop, found: await lookFor(task, shop) };
  };
  const looking = begun(look());
  return {
    looking,
    fill: (tell3) => group(dryRun ? "Look for the image" : "Build, test and push", async () => {
      tell3();
      const { task, shop, found } = await looking;
      const known = { revision: house.commit.sha, environment: shop.environment };
      if (dryRun) return { ...foreseen(task, found, source.repository, house), ...known };
      const { images, tags, reused, tested, times } = await buildImages(task, shop, found);
      const build2 = { reused, tested, times };
      Object.assign(house.report, { images: Object.fromEntries(images), tags, build: build2 });
      return { images, tags, ...known };
    })
  };
}
function foreseen(task, found, repository, house) {
  const there = reusable(found);
  if (there !== void 0) {
    house.report.images = Object.fromEntries(there.images);
    return there;
  }
  house.tools.log.info("The registry does not have this commit yet: it would be built.");
  const keys = task.targets.flatMap(
    (target) => target.keys.map((key) => [key, placeholder(target.repository)])
  );
  return { images: new Map(keys.length > 0 ? keys : [["", placeholder(repository)]]), tags: [] };
}
function toFind(source, registry, house) {
  const look = async () => {
    const repositories = [...source.images.values()].map((image) => image.repository);
    const shop = await workshop(registry, repositories, house);
    return { ...await resolveImages(source.images, shop), environment: shop.environment };
  };
  const looking = begun(look());
  return {
    looking,
    fill: (tell3) => group("Find the image", async () => {
      tell3();
      const { images, tags, revision, environment } = await looking;
      Object.assign(house.report, { images: Object.fromEntries(images), tags });
      return { images, tags, revision, environment };
    })
  };
}
async function workshop(registry, repositories, house) {
  const { tools, signal } = house;
  const { environment } = await login(registry, repositories, tools, { signal });
  return { tools, environment, workspace: process.cwd(), patience: PATIENCE, signal };
}

// src/release/compose/resolve.ts
import { existsSync as existsSync3 } from "node:fs";
import { dirname, join as join7, resolve as resolve3 } from "node:path";

// src/model/release.ts
var SLOTS = ["blue", "green"];
var otherSlot = (slot) => slot === "blue" ? "green" : "blue";
function baseProject(of) {
  return `${of.app}-${of.environment}`;
}
function releaseProject(of) {
  return `${baseProject(of)}-${of.id}`;
}
function slotNetwork(of, slot) {
  return `${baseProject(of)}-${slot}`;
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
function labelsOf(of) {
  return { [LABEL.app]: of.app, [LABEL.environment]: of.environment };
}

// src/release/compose/cli.ts
var OLDEST = "2.35";
var UNSET = /The \\?"([^"\\]+)\\?" variable is not set/g;
var INSTALL = "Install the Compose plugin on the runner (package docker-compose-plugin; GitHub-hosted runners have it).";
function composeConfig(cli, flags) {
  return cli.tools.run("docker", ["compose", ...cli.options, "config", "--format", "json", ...flags], {
    cwd: cli.cwd,
    env: cli.env,
    stdin: cli.stdin
  });
}
async function resolvedJson(cli) {
  const { stdout, stderr } = await composeConfig(cli, []).catch((error2) => {
    throw explained3(error2, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET)].map((match) => match[1] ?? ""));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}
function unsetVariables(names) {
  const first = names[0] ?? "";
  const list4 = names.map((name) => `\${${name}}`).join(", ");
  const [use, it] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  return `compose-file: ${list4} ${use} used but not set. Give ${it} in the input env (${first}=…) or in .env, or a default in the file: \${${first}:-…}. A dollar sign that is meant for the container is written $$.`;
}
function explained3(error2, folder) {
  if (!(error2 instanceof CommandError)) return error2;
  const said3 = error2.stderr.split("\n").filter((line) => line.trim() !== "" && !/^time=.*level=(warning|info|debug)/.test(line)).join("\n").trim();
  if (/unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/.test(
    said3
  )) {
    return new ConfigurationError(`compose-file: docker compose is not there. ${INSTALL}`, {
      evidence: error2.evidence
    });
  }
  if (isTooOld(error2)) {
    return new ConfigurationError(
      `compose-file: docker compose on this runner is too old; Sealift needs ${OLDEST} or later. ${INSTALL}`,
      { evidence: error2.evidence }
    );
  }
  const required = /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(said3);
  if (required !== null) {
    const [, name = "", reason] = required;
    const why2 = reason === void 0 ? "" : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why2}. Give it in the input env: ${name}=…`
    );
  }
  const text5 = said3 === "" ? error2.message : said3;
  return new ConfigurationError(`compose-file: ${text5.replaceAll(`${folder}/`, "")}`);
}
function isTooOld(error2) {
  return error2 instanceof CommandError && /unknown flag: --(no-|format)/.test(error2.stderr);
}

// src/release/compose/contents.ts
import { readFile as readFile3 } from "node:fs/promises";
import { relative as relative3 } from "node:path";

// src/release/compose/data.ts
function isObject2(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function object2(value) {
  return isObject2(value) ? value : {};
}
function list2(value) {
  return Array.isArray(value) ? value : [];
}
function texts2(value) {
  return list2(value).filter((each2) => typeof each2 === "string");
}
function text2(value) {
  return typeof value === "string" && value !== "" ? value : void 0;
}
function count(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : void 0;
}
function without(data, ...keys) {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
function defined(data) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== void 0));
}
function pick(data, keys) {
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => wanted.has(key)));
}
function mapValues(data, of) {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, of(value, key)]));
}
function unescaped2(value) {
  return value.replaceAll("$$", "$");
}
function parseConfig(json) {
  const data = object2(JSON.parse(json));
  const objects = (key) => mapValues(object2(data[key]), object2);
  return {
    services: objects("services"),
    networks: objects("networks"),
    volumes: objects("volumes"),
    secrets: objects("secrets"),
    configs: objects("configs")
  };
}

// src/release/compose/contents.ts
async function readContents(config, cli, folder, problems) {
  const contents = /* @__PURE__ */ new Map();
  for (const { kind, name, spec } of all(config)) {
    const file2 = text2(spec["file"]);
    const variable = text2(spec["environment"]);
    if (file2 !== void 0) {
      const content = await readContent(unescaped2(file2)).catch((error2) => {
        problems.push(unreadable(kind, name, relative3(cli.cwd, unescaped2(file2)), error2));
      });
      if (content !== void 0) contents.set(`${kind}:${name}`, content);
    } else if (variable !== void 0) {
      const env = cli.env;
      const content = env[variable] ?? await fromDotEnv(variable, cli, folder);
      if (content === void 0) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input env: ${variable}=…`
        );
      } else contents.set(`${kind}:${name}`, content);
    }
  }
  return contents;
}
function all(config) {
  const of = (kind, specs) => Object.entries(specs ?? {}).map(([name, spec]) => ({ kind, name, spec }));
  return [...of("secret", config.secrets), ...of("config", config.configs)];
}
var readContent = (path) => readFile3(path, "utf8");
function unreadable(kind, name, path, error2) {
  const code2 = typeof error2 === "object" && error2 !== null && "code" in error2 ? error2.code : void 0;
  const why2 = code2 === "ENOENT" ? "which is not in the checkout. Make it in a step before this one, or use environment: with the input env" : code2 === "EISDIR" ? `which is a folder, and a ${kind} is one file. Name each file` : `which can't be read (${String(code2)})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why2}.`;
}
async function fromDotEnv(variable, cli, folder) {
  const probe3 = {
    services: {
      probe: { image: "probe", labels: { value: `\${${variable}-}`, set: `\${${variable}+yes}` } }
    }
  };
  const options = [...cli.options.slice(0, 2), "--project-directory", folder, "--file", "-"];
  const { json } = await resolvedJson({ ...cli, options, stdin: JSON.stringify(probe3) });
  const labels3 = object2(object2(object2(object2(JSON.parse(json))["services"])["probe"])["labels"]);
  return labels3["set"] === "yes" ? unescaped2(String(labels3["value"])) : void 0;
}

// src/release/compose/minimal.ts
function minimalCompose(app, source) {
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
  return yaml({ services: { [app]: service }, ...names.length > 0 ? { volumes } : {} });
}
function yaml(data, indent = "") {
  return Object.entries(data).map(([key, value]) => {
    if (Array.isArray(value))
      return `${indent}${key}:
${value.map((each2) => `${indent}  - ${JSON.stringify(each2)}
`).join("")}`;
    if (typeof value !== "object" || value === null) return `${indent}${key}: ${String(value)}
`;
    const inner = yaml(value, `${indent}  `);
    return inner === "" ? `${indent}${key}: {}
` : `${indent}${key}:
${inner}`;
  }).join("");
}

// src/release/compose/runner-paths.ts
import { statSync as statSync2 } from "node:fs";
import { join as join6, sep } from "node:path";

// src/release/compose/service.ts
function portsOf(service) {
  return list2(service["ports"]).map((each2) => {
    const port = object2(each2);
    const published = port["published"];
    return {
      target: count(port["target"]) ?? 0,
      published: typeof published === "number" ? String(published) : text2(published),
      address: text2(port["host_ip"]),
      protocol: text2(port["protocol"]) ?? "tcp",
      appProtocol: text2(port["app_protocol"])?.toLowerCase()
    };
  });
}
function isOnAll(address) {
  return address === void 0 || address === "0.0.0.0" || address === "::";
}
function exposedBy(service) {
  return list2(service["expose"]).map((each2) => /^(\d+)(?:\/tcp)?$/.exec(String(each2))?.[1]).filter((port) => port !== void 0).map(Number);
}
function dependenciesOf(service) {
  return new Map(
    Object.entries(object2(service["depends_on"])).map(([name, value]) => {
      const { condition, required } = object2(value);
      return [name, { condition: asCondition(condition), required: required !== false }];
    })
  );
}
function asCondition(value) {
  return value === "service_healthy" || value === "service_completed_successfully" ? value : "service_started";
}
function replicasOf(service) {
  return count(service["scale"]) ?? count(object2(service["deploy"])["replicas"]) ?? 1;
}
function mountsOf(service) {
  return list2(service["volumes"]).map((each2) => {
    const mount = object2(each2);
    const source = text2(mount["source"]);
    return {
      type: text2(mount["type"]) ?? "volume",
      source: source === void 0 ? void 0 : unescaped2(source),
      target: unescaped2(text2(mount["target"]) ?? ""),
      readOnly: mount["read_only"] === true
    };
  });
}
function networksOf(service) {
  return text2(service["network_mode"]) === void 0 ? object2(service["networks"]) : void 0;
}
function aliasesOf(service) {
  return Object.values(networksOf(service) ?? {}).flatMap((network) => texts2(object2(network)["aliases"]));
}
function linksOf(service) {
  return texts2(service["links"]).map((link2) => {
    const [name = "", alias = name] = link2.split(":");
    return { service: name, alias };
  });
}
function namedService(value) {
  return /^service:(.+)$/.exec(text2(value) ?? "")?.[1];
}
function updateOrder(service) {
  return text2(object2(object2(service["deploy"])["update_config"])["order"]);
}
function sourceOf(use) {
  return typeof use === "string" ? use : text2(object2(use)["source"]) ?? "";
}

// src/release/compose/runner-paths.ts
var HOME = "/sealift-home-of-the-runner";
async function findRunnerPaths(cli) {
  const asWritten = await writtenConfig(cli);
  return (config) => Object.entries(config.services).flatMap(([service, spec]) => {
    const written2 = mountsOf(asWritten?.services[service] ?? {});
    const mounts = mountsOf(spec);
    return mounts.flatMap((mount, at) => {
      if (mount.type !== "bind" || mount.source === void 0) return [];
      const raw = written2.length === mounts.length ? written2[at]?.source : void 0;
      if (!isOfRunner(raw, mount.source, cli.cwd)) return [];
      const text5 = (raw ?? mount.source).replace(HOME, "~");
      return [{ service, written: text5, target: mount.target, kind: kindOf2(mount.source) }];
    });
  });
}
function isOfRunner(written2, path, workspace) {
  const isRelative = written2 !== void 0 && /^[^/$]/.test(written2);
  return isRelative || written2?.startsWith(HOME) === true || `${path}${sep}`.startsWith(join6(workspace, sep));
}
async function writtenConfig(cli) {
  const env = cli.env;
  const dockerConfig = env["DOCKER_CONFIG"] ?? join6(env["HOME"] ?? "/", ".docker");
  const elsewhere = { ...cli, env: { ...cli.env, HOME, DOCKER_CONFIG: dockerConfig } };
  for (const flags of [[], ["--no-interpolate"]]) {
    const options = ["--no-path-resolution", "--no-env-resolution", ...flags];
    const result2 = await composeConfig(elsewhere, options).catch((error2) => {
      if (isTooOld(error2)) throw explained3(error2, cli.cwd);
    });
    if (result2 !== void 0) return parseConfig(result2.stdout);
  }
  return void 0;
}
function kindOf2(path) {
  const found = statSync2(path, { throwIfNoEntry: false });
  if (found === void 0) return "missing";
  return found.isFile() ? "file" : "folder";
}

// src/release/compose/resolve.ts
async function resolveCompose(source, of, image, workspace, tools, environment = process.env) {
  const placeholder2 = `${image}@${PLACEHOLDER_DIGEST}`;
  const cli = {
    tools,
    cwd: workspace,
    env: { ...passedOn(environment), ...Object.fromEntries(source.variables), IMAGE: placeholder2 },
    options: ["--project-name", baseProject(of), ...fileOptions(source, workspace)],
    stdin: source.files === void 0 ? minimalFile(of.app, source, tools) : ""
  };
  const [{ json, unset }, find4] = await Promise.all([resolvedJson(cli), findRunnerPaths(cli)]);
  const config = parseConfig(json);
  const problems = unset.length > 0 ? [unsetVariables(unset)] : [];
  const folder = dirname(resolve3(workspace, source.files?.[0] ?? "compose.yaml"));
  return {
    config,
    placeholder: placeholder2,
    runnerPaths: find4(config),
    contents: await readContents(config, cli, folder, problems),
    notices: overrideNotices(source.files ?? [], workspace),
    problems
  };
}
function fileOptions(source, workspace) {
  if (source.files === void 0) return ["--project-directory", workspace, "--file", "-"];
  return source.files.flatMap((file2) => ["--file", file2]);
}
function minimalFile(app, source, { log }) {
  const text5 = minimalCompose(app, source);
  log.info("There is no Compose file, so this one is used:");
  for (const line of text5.trimEnd().split("\n")) log.info(`  ${line}`);
  return text5;
}
var PRIVATE = /^(INPUT_|ACTIONS_|STATE_|GITHUB_TOKEN$|COMPOSE_FILE$|COMPOSE_PROJECT_NAME$|COMPOSE_ENV_FILES$)/;
function passedOn(environment) {
  const kept = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !PRIVATE.test(name)) kept[name] = value;
  }
  return kept;
}
function overrideNotices(files, workspace) {
  return files.flatMap((file2) => {
    const parts2 = /^(.*?(?:docker-)?compose)\.(ya?ml)$/.exec(file2);
    if (parts2 === null) return [];
    return ["yaml", "yml"].map((extension) => `${parts2[1]}.override.${extension}`).filter((override) => !files.includes(override) && existsSync3(join7(workspace, override))).map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
  });
}

// src/build.ts
async function build(request3, house) {
  const { source, compose: compose2 } = request3;
  const resolved = compose2.files === void 0 ? void 0 : await group(
    "Read the Compose file",
    () => resolveCompose(
      { ...compose2, port: void 0, volumes: [], domains: /* @__PURE__ */ new Map() },
      { app: "build", environment: "none" },
      source.repository,
      process.cwd(),
      house.tools
    )
  );
  for (const problem of resolved?.problems ?? []) house.tools.log.info(`For the deploy: ${problem}`);
  const order = orderImages(request3, Promise.resolve({ resolved }), { dryRun: false }, house);
  try {
    await order.fill();
  } finally {
    await order.close();
  }
  Object.assign(house.report, {
    result: "built",
    state: "The images are in the registry.",
    revision: house.commit.sha
  });
}

// src/model/history.ts
function acceptances(history) {
  const standing3 = [];
  for (const entry2 of history) {
    if (entry2.event !== "turned-back") standing3.push(entry2);
    else if (standing3.at(-1)?.release === entry2.release && entry2.previous !== entry2.release) standing3.pop();
  }
  return standing3;
}
function acceptedRelease(history) {
  return acceptances(history).at(-1)?.release;
}
function removedHosts(histories, today) {
  const last = histories.flatMap((history) => acceptances(history)).filter(({ fleet }) => fleet !== void 0).reduce(
    (newest, entry2) => newest === void 0 || entry2.at > newest.at ? entry2 : newest,
    void 0
  );
  const known = new Set(today.map(machineOf));
  return (last?.fleet ?? []).filter((host) => !known.has(machineOf(host)));
}
var machineOf = (host) => host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, "").replace(/:\d+$/, "");
function acceptanceOf(history, id2) {
  return acceptances(history).findLast((entry2) => entry2.release === id2);
}
function shortened2(history, length, known) {
  if (history.length <= length) return history;
  const former = acceptances(history.slice(0, -length));
  const needed = former.filter(
    (entry2, index) => index === former.length - 1 || known.has(entry2.release) && former.findLastIndex(({ release }) => release === entry2.release) === index
  );
  return [...needed, ...history.slice(-length)];
}

// src/plan/changed.ts
function changedAccessories(host, release) {
  return Object.entries(release.definitions ?? {}).filter(
    ([name, definition]) => host.accessories.some(
      (container) => container.service === name && container.definition !== void 0 && container.definition !== definition
    )
  ).map(([name]) => name);
}

// src/plan/situation.ts
function standing(host, id2, slot) {
  const observed = host.releases.find((release) => release.id === id2);
  return { id: id2, slot: slot ?? observed?.slot, observed };
}
function trafficIn({
  edge,
  traffic,
  accepted
}) {
  const isOver = edge.state === "absent" && traffic?.release !== accepted;
  return isOver ? void 0 : traffic;
}
function liveRelease(host) {
  if (host.traffic !== void 0) return standing(host, host.traffic.release, host.traffic.slot);
  const last = host.accepted;
  const stands = host.releases.some((release) => release.id === last && release.containers.length > 0);
  return last !== void 0 && stands ? standing(host, last, void 0) : void 0;
}
function servicesOf(release) {
  if (release === void 0) return [];
  if (release.record !== void 0) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}
function inRole(release, ...roles) {
  return Object.values(release?.services ?? {}).filter((service) => roles.includes(service.role)).map((service) => service.name);
}
function isUp(container) {
  return container.state === "running" && container.health !== "unhealthy";
}
function serviceIsUp(observed, name, enough2) {
  const wanted = observed.record?.services[name];
  const containers2 = observed.containers.filter((container) => container.service === name);
  if (wanted?.oneShot === true)
    return containers2.some((container) => container.state === "exited" && container.exitCode === 0);
  return containers2.filter(isUp).length >= (enough2 ?? wanted?.replicas ?? 1);
}
function startedServices(observed) {
  return observed?.containers.filter(({ state }) => state === "running").map(({ service }) => service) ?? [];
}
function wantsDomains(release) {
  return release.routes.some((route) => route.domains.length > 0);
}
function hasRoutes(standing3) {
  const record = standing3?.observed?.record;
  return standing3 !== void 0 && (record === void 0 || record.routes.length > 0);
}
function answering(observed) {
  const { record } = observed;
  if (record === void 0) return servicesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [.../* @__PURE__ */ new Set([...inRole(record, "served", "internal"), ...routed])];
}
function servesWholly(observed) {
  return observed.containers.length > 0 && answering(observed).every((name) => serviceIsUp(observed, name));
}
function runsWholly(observed) {
  const well = observed.containers.map((each2) => ({ ...each2, health: void 0 }));
  return servesWholly({ ...observed, containers: well });
}
function lacksRestarts(observed) {
  return observed.containers.some(({ restarts }) => restarts === "lacking");
}
function isWhole(observed) {
  return observed.containers.length > 0 && servicesOf(observed).every((name) => serviceIsUp(observed, name));
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
function replicasThere(observed, name) {
  const there = observed?.containers.filter(({ service }) => service === name).length ?? 0;
  return Math.min(there, observed?.record?.services[name]?.replicas ?? there);
}
function allThere(observed, names) {
  const there = Object.fromEntries(names.map((name) => [name, replicasThere(observed, name)]));
  const all3 = names.every(
    (name) => there[name] === (observed?.record?.services[name]?.replicas ?? there[name])
  );
  return all3 ? {} : { only: there };
}
function mayRun(observed) {
  return observed.containers.some(
    ({ state, restarts }) => state !== "exited" && state !== "created" && state !== "dead" || restarts === "left"
  );
}
function missingAccessories(host, release) {
  return Object.keys(release.base.services).filter((name) => {
    const containers2 = host.accessories.filter((container) => container.service === name);
    const ends = isToEnd(release, name);
    return !containers2.some(
      ({ state, exitCode }) => state === "running" || ends && state === "exited" && exitCode === 0
    );
  });
}
function isToEnd(release, name) {
  const waitsFor = (condition) => condition === "service_completed_successfully";
  return release.conditions.some(({ service, condition }) => service === name && waitsFor(condition)) || Object.values(release.base.services).some(
    (service) => waitsFor(member(member(service["depends_on"], name), "condition"))
  );
}
function member(of, key) {
  return typeof of === "object" && of !== null ? Object.entries(of).find(([name]) => name === key)?.[1] : void 0;
}
function superfluous(host, wanted, previous, keep2) {
  const accepted = acceptances(host.history).map((entry2) => entry2.release);
  const newestFirst = [
    .../* @__PURE__ */ new Set([wanted, ...previous === void 0 ? [] : [previous], ...accepted.reverse()])
  ];
  const kept = new Set(newestFirst.slice(0, Math.max(keep2, 1)));
  return host.releases.map((release) => release.id).filter((id2) => !kept.has(id2));
}

// src/plan/steps.ts
var step = (action, ...undo) => ({ action, undo });
var because = (reason, kind, steps) => steps.map((each2) => each2.action.kind === kind ? { ...each2, reason } : each2);
var STAGES = [
  "recover",
  "pull",
  "prepare",
  "before",
  "start",
  "check",
  "switch",
  "verify",
  "bake",
  "complete",
  "look",
  "accept",
  "retire",
  "after"
];
var MOVING = STAGES.slice(
  STAGES.indexOf("prepare"),
  STAGES.indexOf("bake") + 1
);
var COMMITTED = /* @__PURE__ */ new Set(["retire", "after"]);

// src/plan/stranded.ts
function strandedOn(host, givesWay = false) {
  const { traffic, accepted } = host;
  if (traffic === void 0) return accepted === void 0 ? void 0 : halted(host, accepted, void 0);
  const { slot, release, shared: shared2 } = traffic;
  if (shared2 === void 0 && accepted === release) return halted(host, accepted, slot);
  if (host.edge.state !== "running") return void 0;
  if (shared2 !== void 0 && !givesWay) return ofTwo(host, slot, release, shared2);
  if (accepted === void 0) return givesWay ? void 0 : halted(host, release, slot);
  const found = standing(host, accepted, accepted === release ? slot : void 0);
  const good = { ...found, slot: found.slot ?? otherSlot(slot) };
  const other = accepted === release && shared2 !== void 0 ? standsIn(host, shared2, otherSlot(slot)) : standsIn(host, release, slot);
  return (givesWay || mayServe(good.observed)) && good.observed !== void 0 ? { good: { ...good, observed: good.observed }, other, shared: shared2 !== void 0 } : halted(host, release, slot);
}
function ofTwo(host, slot, first, second) {
  const [one, two] = [standsIn(host, first, slot), standsIn(host, second, otherSlot(slot))];
  const judged2 = [
    [one, mayServe(one.observed) || wasHalted(one.observed)],
    [two, two.observed !== void 0 && servesWholly(two.observed)],
    [one, canStart(one.observed)],
    [two, canStart(two.observed)],
    [two, answers(two.observed)]
  ];
  const good = judged2.find(([, can]) => can)?.[0];
  if (good?.observed === void 0) return void 0;
  return { good: { ...good, observed: good.observed }, other: good === one ? two : one, shared: true };
}
function halted(host, id2, slot) {
  const good = standing(host, id2, slot);
  const { observed } = good;
  if (observed === void 0) return void 0;
  const lacks = observed.refused !== true && observed.containers.some((container) => isHalted(container) && !serviceIsUp(observed, container.service));
  return lacks || isLeftOut(host, observed) ? { good: { ...good, slot: good.slot ?? "blue", observed }, other: void 0, shared: false } : void 0;
}
function isLeftOut({ edge, asked }, observed) {
  const { record, containers: containers2 } = observed;
  const routed = new Set(record?.routes.map(({ service }) => service));
  return edge.state === "running" && canBeAsked(observed) && containers2.some(
    ({ name, service, state, health }) => routed.has(service) && state === "running" && (health === void 0 || health === "healthy") && !asked.has(name)
  );
}
function canBeAsked({ record, containers: containers2, refused }) {
  const may = ({ state }) => state === "running" || refused !== true;
  return (record?.routes ?? []).every(
    ({ service }) => containers2.some((each2) => each2.service === service && may(each2))
  );
}
var standsIn = (host, id2, slot) => ({
  ...standing(host, id2, slot),
  slot
});
var isHalted = ({ state, restarts }) => restarts !== "left" && (state === "exited" || state === "created" || state === "dead");
function wasHalted(observed) {
  return canStart(observed) && observed !== void 0 && answering(observed).filter((name) => !serviceIsUp(observed, name)).every(
    (name) => observed.containers.every(
      (container) => container.service !== name || container.state === "running" || isHalted(container)
    )
  );
}
var canStart = (observed) => hasAllContainers(observed) && observed?.refused !== true;
function mayServe(observed) {
  return observed !== void 0 && (servesWholly(observed) || hasAllContainers(observed) && answers(observed) || hasOpenWaysIn(observed) && wasHalted(observed));
}
function hasOpenWaysIn(observed) {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}
var answers = (observed) => observed !== void 0 && answering(observed).every((name) => serviceIsUp(observed, name, 1));

// src/plan/ground.ts
var NO_AMENDS = { amends: [], givesWay: false };
var alone = (host) => ({ host, ...NO_AMENDS });
function groundsOf(hosts2) {
  const grounds = agreed(hosts2);
  const ends = grounds.map(({ host }) => (strandedOn(host)?.good ?? liveRelease(host))?.id);
  if (new Set(ends).size < 2) return grounds;
  return grounds.map((ground, index) => ({
    ...ground,
    givesWay: ends[index] !== ground.host.accepted && canGiveWay(ground.host)
  }));
}
function canGiveWay(host) {
  const { accepted, traffic, edge } = host;
  return traffic !== void 0 && edge.state === "running" && (accepted === void 0 || canReturn(host, accepted));
}
function canReturn({ releases: releases2 }, id2) {
  const found = releases2.find((release) => release.id === id2);
  return hasAllContainers(found) && found?.refused !== true;
}
function agreed(hosts2) {
  const halves = hosts2.flatMap((host) => {
    const last = acceptances(host.history).at(-1);
    if (last === void 0) return [];
    const behind2 = hosts2.filter(
      (other) => other !== host && isBehind(other, last, timesAccepted(host, last.release))
    );
    return behind2.length === 0 ? [] : [{ last, behind: behind2 }];
  });
  const [half] = halves;
  if (half === void 0 || halves.some(({ last }) => last.release !== half.last.release))
    return hosts2.map(alone);
  const behind = new Set(halves.flatMap((each2) => each2.behind));
  if ([...behind].every((host) => standsOn(host, half.last.release)))
    return hosts2.map((host) => behind.has(host) ? catchingUp(host, half.last) : alone(host));
  return hosts2.map(
    (host) => host.accepted === half.last.release ? goingBack(host, half.last.release) : alone(host)
  );
}
function isBehind(host, { release, fleet }, times) {
  return fleet?.includes(host.host) === true && host.accepted !== release && timesAccepted(host, release) < times && host.releases.some(({ id: id2 }) => id2 === release);
}
function timesAccepted({ history }, id2) {
  const ids = acceptances(history).map(({ release }) => release);
  return ids.filter((each2, index) => each2 === id2 && ids[index - 1] !== id2).length;
}
function standsOn({ traffic, releases: releases2 }, id2) {
  const found = releases2.find((release) => release.id === id2);
  if (found === void 0) return false;
  const hasWaysIn2 = found.record === void 0 || found.record.routes.length > 0;
  return hasWaysIn2 ? traffic?.release === id2 && traffic.shared === void 0 : isWhole(found);
}
function catchingUp(host, { release, event }) {
  const accept = step({
    kind: "accept",
    release,
    previous: host.accepted,
    event: event === "rolled-back" ? event : "accepted"
  });
  return {
    host: { ...host, accepted: release },
    amends: because("it had proven itself on all hosts", "accept", [accept]),
    givesWay: false
  };
}
function goingBack(host, release) {
  const standing3 = acceptances(host.history);
  const before = standing3.findLastIndex((entry2) => entry2.release !== release);
  const former = standing3[before]?.release;
  if (former !== void 0 && !canReturn(host, former)) return alone(host);
  const back = step({ kind: "turned-back", release, previous: former });
  return {
    host: { ...host, accepted: former },
    amends: because(
      "not every host has accepted it",
      "turned-back",
      standing3.slice(before + 1).map(() => back)
    ),
    givesWay: false
  };
}

// src/plan/accessories.ts
function accessorySteps(task, when) {
  const { host, wanted } = task;
  const isMine = (name) => wanted.release.lateAccessories.includes(name) === (when === "late");
  const release = wanted.release.id;
  const anew = outdatedAccessories(task).filter(isMine);
  const missing2 = missingAccessories(host, wanted.release).filter(
    (name) => isMine(name) && !anew.includes(name)
  );
  const needed = missing2.length > 0 || when === "early" && needsObjects(task);
  const reason = "their definition has changed";
  return [
    ...needed ? [step({ kind: "accessories", release, services: missing2 })] : [],
    ...anew.length > 0 ? because(reason, "accessories", [
      step({ kind: "accessories", release, services: anew, anew }, ...asBefore(task, anew))
    ]) : []
  ];
}
function outdatedAccessories({ host, wanted }) {
  return wanted.updateAccessories ? changedAccessories(host, wanted.release) : [];
}
function asBefore({ host }, names) {
  const byRelease = /* @__PURE__ */ new Map();
  for (const name of names) {
    const made2 = host.accessories.find(({ service }) => service === name)?.definition;
    const known = host.releases.find(({ record }) => record?.definitions?.[name] === made2);
    if (made2 !== void 0 && known !== void 0)
      byRelease.set(known.id, [...byRelease.get(known.id) ?? [], name]);
  }
  return [...byRelease].map(([release, services]) => ({
    kind: "accessories",
    release,
    services,
    anew: services
  }));
}
function needsObjects({ wanted, live }) {
  const there = new Set(objectsOf(live?.observed?.record));
  return live?.observed?.record === void 0 || objectsOf(wanted.release).some((object3) => !there.has(object3));
}
function objectsOf(release) {
  const { networks = {}, volumes = {} } = release?.base ?? {};
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`)
  ];
}

// src/plan/tolerance.ts
function toleranceOf({ replicas, update }, up2) {
  if (update === void 0) return 0;
  const share = update.failureAction === "continue" ? 1 : update.maxFailureRatio;
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up2 - 1));
}
function tolerated({ release, strategy }, services) {
  if (strategy.name !== "rolling") return {};
  const lenient = services.flatMap((name) => {
    const service = release.services[name];
    const most = service === void 0 ? 0 : toleranceOf(service, service.replicas);
    return most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

// src/plan/bake.ts
function bakeSteps({ host, wanted, previous, traffic, slot }) {
  const { release, strategy, limits } = wanted;
  const last = strategy.name === "canary" ? strategy.steps.at(-1)?.for ?? 0 : 0;
  const time = Math.max(wanted.bake, last);
  const services = inRole(release, "served", "internal", "exclusive");
  const mended2 = previous === void 0 && host.accepted === release.id;
  if (time === 0 || services.length === 0 || mended2) return [];
  const measured = wanted.edge !== void 0 && traffic !== void 0 && traffic.release === previous?.id;
  const against = measured ? traffic : void 0;
  return [
    step({
      kind: "watch",
      why: "bake",
      release: release.id,
      slot,
      services,
      ...tolerated(wanted, services),
      for: time,
      against,
      limits: measured ? limits : void 0
    })
  ];
}

// src/model/host.ts
var readAlike = (one, other) => layoutOf(one) === layoutOf(other);
var layoutOf = (fingerprint2) => /^(\d+)-/.exec(fingerprint2)?.[1];

// src/model/ways-in.ts
var hostAddress = ({ address, port }) => `${address ?? ""}:${port}`;
function counterpart(route, { routes }) {
  for (const is of SAME) {
    const found = routes.find((each2) => is(each2, route));
    if (found !== void 0) return found;
  }
  return void 0;
}
var SAME = [
  (one, other) => shares(one.published.map(hostAddress), other.published.map(hostAddress)),
  (one, other) => shares(one.domains, other.domains),
  (one, other) => one.service === other.service && one.containerPort === other.containerPort,
  (one, other) => one.id === other.id
];
var shares = (some2, others) => some2.some((each2) => others.includes(each2));

// src/plan/ways-in.ts
var hasWaysIn = ({ routes }, service) => routes.some((route) => route.service === service);
function leadToTheSame(one, other, service) {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const led = (routes, by) => routes.every((route) => counterpart(route, by)?.service === service);
  return ours.length === theirs.length && led(ours, other) && led(theirs, one);
}
var areAllIn = (one, other) => one.routes.length === other.routes.length && new Set(one.routes.map((route) => counterpart(route, other)?.id)).size === other.routes.length && one.routes.every((route) => counterpart(route, other) !== void 0);
function whatChanged(old, release) {
  const differ = (texts3) => textOf(old.routes, texts3) !== textOf(release.routes, texts3);
  if (differ(addressesOf)) return "published ports have changed";
  const together4 = (route) => addressesOf(route).join(" ");
  if (differ((route) => together4(route) === "" ? [] : [together4(route)]))
    return "published ports lead elsewhere";
  if (differ((route) => route.domains.length > 0 ? [`domain ${together4(route)}`] : []))
    return "domains lead elsewhere";
  const byDomains2 = (route) => route.published.length === 0;
  if (differ((route) => byDomains2(route) ? [`${route.service}:${route.containerPort}`] : []))
    return "services that only domains lead to have changed";
  return differ(({ id: id2 }) => [id2]) ? "another version of Sealift named its ways in" : void 0;
}
var routesTo = ({ routes }, service) => routes.filter((route) => route.service === service);
var addressesOf = ({ published }) => published.map(hostAddress).sort();
var textOf = (routes, texts3) => routes.flatMap(texts3).sort().join("\n");

// src/plan/edge.ts
function edgeSteps(task) {
  const { host, wanted } = task;
  if (wanted.edge === void 0) return formerEdge(task);
  const front = wantsDomains(wanted.release) && !host.front ? [step({ kind: "front", release: wanted.release.id }, { kind: "remove-unused-front" })] : [];
  return [...formerEdge(task), ...front, ...earlyEdge(task)];
}
function formerEdge({ edgeBack }) {
  if (edgeBack === void 0) return [];
  const reason = "an interrupted run has replaced it";
  return [step({ kind: "edge", change: "replace", release: edgeBack, reason })];
}
function earlyEdge(task) {
  const { host, live } = task;
  if (host.edge.state === "absent") {
    const forgets = host.traffic === void 0 ? { forgets: true } : {};
    if (hasRoutes(live)) return [step({ ...change(task, "create", "the edge is gone"), ...forgets })];
    const reason = live === void 0 ? "first deploy" : "first published port";
    return [step({ ...change(task, "create", reason), ...forgets }, { kind: "remove-edge" })];
  }
  const starts = host.edge.state === "stopped" && host.edge.fingerprint === task.wanted.edge;
  return starts ? [step(change(task, "start", "the edge was stopped"))] : [];
}
function openRoutes(task) {
  return [...changedPorts(task), ...domainSteps(task)];
}
function changedPorts(task) {
  const { host, wanted, previous } = task;
  if (wanted.edge === void 0 || host.edge.state === "absent" || host.edge.fingerprint === wanted.edge) {
    return [];
  }
  const replace = change(task, "replace", whyReplaced(task));
  if (previous === void 0 || !hasRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: "as it was before" })];
}
function whyReplaced(task) {
  const old = task.previous?.observed?.record;
  if (isOfAnotherVersion(task)) return ANOTHER_VERSION;
  return (old && whatChanged(old, task.wanted.release)) ?? "it was made for other ways in";
}
var ANOTHER_VERSION = "another version of Sealift made it";
function isOfAnotherVersion({ host, wanted }) {
  const { edge } = host;
  return edge.state !== "absent" && wanted.edge !== void 0 && !readAlike(edge.fingerprint, wanted.edge);
}
function edgeLeadsOn({ host, wanted }) {
  const { edge } = host;
  if (wanted.edge === void 0 || edge.state === "absent") return false;
  return edge.state === "running" || edge.fingerprint === wanted.edge;
}
function whyNotBoth(task) {
  const old = task.previous?.observed?.record;
  if (!edgeLeadsOn(task)) return "the edge does not run";
  if (isOfAnotherVersion(task)) return `the edge is replaced, since ${ANOTHER_VERSION}`;
  if (old === void 0) return "the ways in of the old release are not known";
  return areAllIn(old, task.wanted.release) ? void 0 : "the ways in have changed, so no edge can lead to both releases";
}
function domainSteps({ host, wanted, live, previous }) {
  const { release } = wanted;
  const traffic = host.releases.find(({ id: id2 }) => id2 === host.traffic?.release)?.record;
  const records = [release, live?.observed?.record, traffic];
  if (!records.some((record) => record !== void 0 && wantsDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.observed?.record?.id;
  return [step({ kind: "domains", release: release.id }, { kind: "domains", release: before })];
}
function change({ wanted }, kind, reason) {
  return { kind: "edge", change: kind, release: wanted.release.id, reason };
}

// src/plan/look.ts
function lookStep(task) {
  const { release } = task.wanted;
  const services = Object.keys(release.services);
  return step({
    kind: "look",
    release: release.id,
    services,
    ...tolerated(task.wanted, services),
    drain: drained(task)
  });
}
function drained({ wanted, previous, traffic }) {
  return wanted.edge !== void 0 && traffic !== void 0 && traffic.release === previous?.id ? traffic : void 0;
}

// src/plan/failed.ts
var FAILED_KEPT = 1;
function pruneFailed(task) {
  const gone2 = failed2(task).slice(0, -FAILED_KEPT);
  return gone2.length === 0 ? [] : [step({ kind: "prune", releases: gone2 })];
}
function failed2({ host, wanted, live, stranded }) {
  const needed = /* @__PURE__ */ new Set([
    ...acceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.shared, live?.id, stranded?.other?.id],
    wanted.release.id,
    // Its record alone knows how an accessory was made that is there.
    ...host.releases.filter(({ record }) => defines(record?.definitions, host.accessories)).map(({ id: id2 }) => id2)
  ]);
  return host.releases.map(({ id: id2 }) => id2).filter((id2) => !needed.has(id2));
}
function defines(definitions = {}, accessories) {
  return accessories.some(
    ({ service, definition }) => definition !== void 0 && definitions[service] === definition
  );
}

// src/plan/recover.ts
function recoverSteps(task) {
  const { amends, givesWay } = task;
  return [...amends, ...givesWay ? giveWay(task) : mend(task), ...pruneFailed(task)];
}
function mend(task) {
  const { stranded } = task;
  if (stranded === void 0) return strays(task, task.wanted.release.id);
  const { good, other } = stranded;
  return other === void 0 ? [...strays(task, void 0), ...upAgain(task, good), ...workersBack(task, good)] : [...goBack(task, stranded, other), ...strays(task, task.wanted.release.id), ...workersBack(task, good)];
}
function giveWay({ host, stranded, traffic }) {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const stops2 = because(
    "not every host serves it",
    "stop",
    others.map((release) => stop(release.id, servicesOf(release)))
  );
  if (stranded === void 0) return [...closeUp(host), ...stops2];
  const { good } = stranded;
  const workers = inRole(good.observed.record, "worker");
  return [
    ...stops2,
    ...startDown(good, downOf(good)),
    ...traffic === void 0 ? [] : [step({ kind: "switch", ...traffic })],
    ...startDown(
      good,
      workers.filter((name) => !serviceIsUp(good.observed, name))
    )
  ];
}
function closeUp({ traffic, releases: releases2 }) {
  if (traffic === void 0) return [];
  const { slot, release, shared: shared2 } = traffic;
  const slots = shared2 === void 0 ? [slot] : [otherSlot(slot), slot];
  const record = releases2.find(({ id: id2 }) => id2 === release)?.record;
  const open2 = record !== void 0 && wantsDomains(record);
  return [
    ...open2 ? [step({ kind: "domains", release: void 0 })] : [],
    ...slots.map((each2) => step({ kind: "clear", slot: each2 })),
    step({ kind: "drain", release, slot })
  ];
}
function strays({ host, live }, spared) {
  return host.releases.filter((release) => release.id !== live?.id && release.id !== spared && mayRun(release)).map((stray) => stop(stray.id, servicesOf(stray)));
}
function upAgain({ host, wanted, traffic }, good) {
  const down = downOf(good);
  if (isMadeAnew(wanted.release.id, good) || down.length === 0 && !isLeftOut(host, good.observed))
    return [];
  const asked = host.edge.state === "running" && traffic !== void 0 && canBeAsked(good.observed);
  return [
    ...startDown(good, down),
    ...asked ? [step({ kind: "switch", release: good.id, slot: good.slot })] : []
  ];
}
function goBack({ wanted }, { good, shared: shared2 }, other) {
  const { id: id2, slot, observed } = good;
  const down = downOf(good);
  const exclusive = inRole(other.observed?.record, "exclusive");
  const handedOver = inRole(observed.record, "exclusive").some((name) => down.includes(name));
  const crowded = shared2 && !servesWholly(observed) && isCrowded(observed);
  return [
    ...handedOver && exclusive.length > 0 ? [stop(other.id, exclusive)] : [],
    // What must not be more than so many at a time is stopped before the rest is started.
    ...crowded ? [
      step({ kind: "mix", release: id2, slot, gone: {}, share: 0, with: void 0 }),
      drain(other),
      stop(other.id, servicesOf(other.observed))
    ] : [],
    ...startDown(good, down),
    step({ kind: "switch", release: id2, slot }),
    ...crowded ? [] : [drain(other)],
    ...other.id === wanted.release.id && !crowded ? lateOnesStop(other) : []
  ];
}
function downOf({ observed }) {
  const names = /* @__PURE__ */ new Set([...answering(observed), ...inRole(observed.record, "exclusive")]);
  return [...names].filter((name) => !serviceIsUp(observed, name));
}
function startDown(good, down) {
  const { id: release, slot, observed } = good;
  if (observed.refused) return [];
  const services = down.filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: "start", release, slot, services, how: "start" }),
    step({ kind: "check", release, services, ...tolerating(good, services) })
  ];
}
function lateOnesStop({ id: id2, observed }) {
  const late = inRole(observed?.record, "exclusive", "worker").filter(
    (name) => observed?.containers.some((container) => container.service === name && container.state !== "exited")
  );
  return late.length === 0 ? [] : [stop(id2, late)];
}
function workersBack({ wanted }, good) {
  const down = inRole(good.observed.record, "worker").filter((name) => !serviceIsUp(good.observed, name));
  return isMadeAnew(wanted.release.id, good) ? [] : startDown(good, down);
}
var isMadeAnew = (wanted, { id: id2, observed }) => id2 === wanted && !hasAllContainers(observed);
var drain = ({ id: id2, slot }) => step({ kind: "drain", release: id2, slot });
var stop = (release, services) => step({ kind: "stop", release, services, evidence: false });
function isCrowded(observed) {
  const stopsFirst3 = Object.values(observed.record?.services ?? {}).some(
    ({ role, update }) => role !== "worker" && role !== "exclusive" && update?.order === "stop-first"
  );
  return stopsFirst3 && answering(observed).every((name) => serviceIsUp(observed, name, 1));
}
function tolerating({ observed }, services) {
  const lenient = services.flatMap((name) => {
    const replicas = observed.record?.services[name]?.replicas ?? 1;
    const up2 = observed.containers.filter((each2) => each2.service === name && each2.state === "running").length;
    const most = Math.min(replicas - up2, replicas - 1);
    return most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

// src/plan/retire.ts
function retireSteps(task) {
  const { host, wanted, previous, traffic } = task;
  const steps = [];
  const closes = wanted.edge === void 0 && host.edge.state !== "absent";
  if (closes && traffic !== void 0) steps.push(step({ kind: "clear", slot: traffic.slot }));
  if (previous !== void 0 && previous.id === traffic?.release) {
    steps.push(step({ kind: "drain", release: previous.id, slot: traffic.slot }));
  }
  const services = servicesOf(previous?.observed);
  if (previous !== void 0 && services.length > 0) {
    steps.push(step({ kind: "stop", release: previous.id, services, evidence: false }));
  }
  if (closes) steps.push(step({ kind: "remove-edge" }));
  const record = previous?.observed?.record;
  if (record !== void 0 && wantsDomains(record) && !wantsDomains(wanted.release)) {
    steps.push(step({ kind: "remove-unused-front" }));
  }
  const gone2 = superfluous(host, wanted.release.id, previous?.id, wanted.keep);
  if (gone2.length > 0) steps.push(step({ kind: "prune", releases: gone2 }));
  return steps;
}

// src/plan/routing.ts
function wayBack(from, to) {
  const still = askedBy(to);
  return [
    to,
    ...askedBy(from).flatMap((each2) => {
      const rest = still.find(({ release }) => release === each2.release);
      if (rest === void 0) return [{ kind: "drain", ...each2 }];
      return rest.only === void 0 ? [] : [{ kind: "drain", ...each2, after: rest.only }];
    })
  ];
}
function askedBy(routing) {
  switch (routing.kind) {
    case "switch":
      return [placed(routing)];
    case "share":
      return [placed(routing), routing.others];
    case "mix":
      return [placed(routing), ...routing.with === void 0 ? [] : [routing.with]];
    case "clear":
      return [];
  }
}
var placed = ({ release, slot }) => ({ release, slot });

// src/plan/strategies/common.ts
function startNew(task, ...roles) {
  const { wanted, slot, how, untouchable } = task;
  const release = wanted.release.id;
  const services = inRole(wanted.release, ...roles);
  if (services.length === 0) return [];
  const fresh = services.filter((service) => !untouchable.has(service));
  const undo = fresh.length === 0 ? [] : [{ kind: "stop", release, services: fresh, evidence: true }];
  return [step({ kind: "start", release, slot, services, how }, ...undo)];
}
function checkNew({ wanted }, ...roles) {
  const services = inRole(wanted.release, ...roles);
  return services.length === 0 ? [] : [step({ kind: "check", release: wanted.release.id, services })];
}
function stopOld({ previous }, services, afterwards = []) {
  if (previous === void 0 || services.length === 0) return [];
  const { id: release, slot = "blue", observed } = previous;
  const there = services.filter((name) => hasContainer(observed, name));
  const undo = there.length === 0 ? [] : [
    { kind: "start", release, slot, services: there, how: "start" },
    { kind: "check", release, services: there, ...allThere(observed, there) }
  ];
  return [step({ kind: "stop", release, services, evidence: false }, ...undo, ...afterwards)];
}
function moveOver(task, back) {
  const oldExclusive = inRole(task.previous?.observed?.record, "exclusive");
  return [
    ...stopOld(task, oldExclusive, back),
    ...startNew(task, "exclusive"),
    ...checkNew(task, "exclusive"),
    ...handOver(task, oldExclusive.length === 0 ? back : [])
  ];
}
function handOver(task, undo) {
  const { wanted, slot } = task;
  const open2 = openRoutes(task);
  return wanted.edge === void 0 ? open2 : [...open2, step({ kind: "switch", release: wanted.release.id, slot }, ...undo)];
}
function trafficBack({ wanted, traffic, slot }) {
  if (wanted.edge === void 0 || traffic?.release === wanted.release.id) return [];
  const before = traffic === void 0 ? { kind: "clear", slot } : { kind: "switch", ...traffic };
  return wayBack({ kind: "switch", release: wanted.release.id, slot }, before);
}
function oldIsWhole({ previous, stranded }) {
  const observed = previous?.observed;
  if (observed === void 0) return false;
  const startedFirst = stranded !== void 0 && hasAllContainers(observed) && observed.refused !== true;
  return startedFirst || runsWholly(observed);
}

// src/plan/strategies/blue-green.ts
var blueGreen = (task) => ({
  start: startNew(task, "served", "internal"),
  check: checkNew(task, "served", "internal"),
  switch: moveOver(task, trafficBack(task))
});

// src/plan/strategies/canary.ts
var canary = (task) => {
  const stages = blueGreen(task);
  const { strategy } = task.wanted;
  if (strategy.name !== "canary") return stages;
  const others = oldOnes(task);
  if (typeof others === "string") return { ...stages, switch: because(others, "switch", stages.switch) };
  return {
    ...stages,
    switch: [
      ...strategy.steps.slice(0, -1).flatMap((each2, index) => judged(task, each2, others, index === 0)),
      ...moveOver(task, trafficBack(task))
    ]
  };
};
function oldOnes(task) {
  const { previous, traffic } = task;
  if (previous === void 0 || traffic?.release !== previous.id) {
    return "all visitors at once: there is no old release that the new one could be judged against";
  }
  if (!oldIsWhole(task)) return "all visitors at once: the old release is not whole";
  const why2 = whyNotBoth(task);
  return why2 === void 0 ? traffic : `all visitors at once: ${why2}`;
}
function judged(task, { share, for: time }, others, first) {
  const { wanted, slot } = task;
  const release = wanted.release.id;
  const services = inRole(wanted.release, "served", "internal");
  return [
    step({ kind: "share", release, slot, share, others }, ...first ? trafficBack(task) : []),
    ...time > 0 ? [
      step({
        kind: "watch",
        why: "canary",
        release,
        slot,
        services,
        for: time,
        against: others,
        limits: wanted.limits
      })
    ] : []
  ];
}

// src/plan/strategies/recreate.ts
var recreate = (task) => {
  const workers = inRole(task.previous?.observed?.record, "worker");
  const old = servicesOf(task.previous?.observed).filter((service) => !workers.includes(service));
  const back = trafficBack(task);
  return {
    start: [...stopOld(task, old, back), ...startNew(task, "served", "internal", "exclusive")],
    check: checkNew(task, "served", "internal", "exclusive"),
    switch: handOver(task, old.length === 0 ? back : [])
  };
};

// src/plan/strategies/roll.ts
import { isDeepStrictEqual } from "node:util";

// src/plan/strategies/moments.ts
function moments(services) {
  const none = partOf(services, () => 0);
  const all3 = [{ up: none, stopped: none, share: 0 }];
  for (let last = all3[0]; last !== void 0 && last.share < 1; last = all3.at(-1))
    all3.push(...next(services, last));
  return all3;
}
var partOf = (services, count3) => Object.fromEntries(services.map((service) => [service.name, count3(service)]));
var ceil = (value) => Math.max(0, Math.ceil(value - 1e-9));
function next(services, last) {
  const share = Math.min(1, ...services.map((service) => reach(service, last)));
  const up2 = partOf(services, (service) => upAt(service, share));
  const stopped2 = partOf(services, (service) => stoppedAt(service, share, last));
  const end = { up: up2, stopped: stopped2, share };
  const leaves = ({ name, old }) => old > 0 && stopped2[name] === old;
  const early = (service) => stopsFirst(service) && !leaves(service);
  const room = partOf(services, (service) => (early(service) ? stopped2 : last.stopped)[service.name] ?? 0);
  const before = grows(last.stopped, room) ? [{ ...last, stopped: room }] : [];
  if (!services.some(leaves)) return [...before, end];
  const others = partOf(services, (service) => (leaves(service) ? last.up : up2)[service.name] ?? 0);
  return [...before, { up: others, stopped: room, share }, { up: others, stopped: stopped2, share }, end];
}
var grows = (from, to) => Object.keys(to).some((name) => (to[name] ?? 0) > (from[name] ?? 0));
var stopsFirst = ({ update }) => update.order === "stop-first";
var sizeOf2 = ({ update: { parallelism } }) => parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;
var mostOf = ({ old, replicas, update }) => Math.max(old, replicas, update.order === "stop-first" ? 2 : 0);
function reach(service, { up: up2, stopped: stopped2 }) {
  const { name, old, replicas } = service;
  if (replicas === 0) return 1;
  const [had, most] = [up2[name] ?? 0, mostOf(service)];
  const batch = had + sizeOf2(service);
  const room = stopsFirst(service) ? replicas - (had === 0 && old > 0 && most === replicas ? 1 : 0) : most + sizeOf2(service) - (old - (stopped2[name] ?? 0));
  return Math.min(batch, room) / replicas;
}
function upAt(service, share) {
  const needed = ceil(share * service.replicas);
  return stopsFirst(service) && service.old > 0 && share < 1 ? Math.min(needed, mostOf(service) - 1) : needed;
}
function stoppedAt(service, share, { stopped: stopped2 }) {
  const { name, old } = service;
  const before = stopped2[name] ?? 0;
  if (share === 1 && !stopsFirst(service)) return before;
  const needed = stopsFirst(service) ? share < 1 ? 1 : 0 : ceil((1 - share) * old);
  const stay = Math.max(needed, mostOf(service) - upAt(service, share));
  return Math.max(before, old - stay);
}

// src/plan/strategies/roll.ts
function beatsOf(rolling2) {
  const all3 = momentsOf(rolling2);
  return all3.slice(1).map((after3, index) => {
    const before = all3[index] ?? after3;
    const [from, to] = [routingAt(rolling2, before), routingAt(rolling2, after3)];
    const back = wayBack(to, runsNoOld(rolling2, before) ? from : { kind: "switch", ...rolling2.old });
    const moves = rolling2.routed.length > 0 && !isDeepStrictEqual(from, to);
    return {
      ...startAndCheck(rolling2, before, after3),
      monitor: watch(rolling2, before, after3, "monitor"),
      lead: moves ? [step(to, ...back)] : [],
      back,
      stop: stopOld2(rolling2, before.stopped, after3.stopped),
      delay: watch(rolling2, before, after3, "delay")
    };
  });
}
function momentsOf({ task, services, whole: whole2 }) {
  const all3 = Object.fromEntries(
    whole2.map((name) => [name, task.wanted.release.services[name]?.replicas ?? 1])
  );
  return moments(services).map((each2) => each2.share > 0 ? { ...each2, up: { ...each2.up, ...all3 } } : each2);
}
var grown = (from, to) => Object.keys(to).filter((name) => (to[name] ?? 0) > (from[name] ?? 0));
var pick2 = (part, names) => Object.fromEntries(Object.entries(part).filter(([name]) => names.includes(name)));
function between(from, to, names) {
  const after3 = Object.entries(pick2(from, names)).filter(([, count3]) => count3 > 0);
  return { only: pick2(to, names), ...after3.length > 0 ? { after: Object.fromEntries(after3) } : {} };
}
function routingAt({ task, old, services, routed }, { up: up2, stopped: stopped2, share }) {
  if (share === 0 && !routed.some((name) => stopped2[name])) return { kind: "switch", ...old };
  const all3 = Object.fromEntries(services.map((service) => [service.name, service.old]));
  return {
    kind: "mix",
    ...old,
    gone: pick2(share === 1 ? all3 : stopped2, routed),
    share,
    with: share === 0 ? void 0 : { release: task.wanted.release.id, slot: task.slot, only: pick2(up2, routed) }
  };
}
var runsNoOld = ({ services, routed }, { stopped: stopped2 }) => services.some(({ name, old }) => routed.includes(name) && stopped2[name] === old);
function startAndCheck({ task, services }, { up: had }, { up: up2 }) {
  const { wanted, slot, how } = task;
  const release = wanted.release.id;
  const fresh = grown(had, up2);
  const names = Object.keys(wanted.release.services).filter((name) => fresh.includes(name));
  if (names.length === 0) return { start: [], check: [] };
  const all3 = names.every((name) => up2[name] === wanted.release.services[name]?.replicas);
  const only = all3 ? {} : { only: pick2(up2, names) };
  const undo = {
    kind: "stop",
    release,
    services: names,
    ...all3 && names.every((name) => !had[name]) ? {} : between(had, up2, names),
    evidence: true
  };
  return {
    start: [step({ kind: "start", release, slot, services: names, how, ...only }, undo)],
    check: [step({ kind: "check", release, services: names, ...only, ...tolerating2(services, up2, names) })]
  };
}
function tolerating2(services, up2, names) {
  const lenient = services.flatMap((service) => {
    const { name } = service;
    const most = toleranceOf(service, up2[name] ?? 0);
    return names.includes(name) && most > 0 ? [[name, most]] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}
function watch({ task, services }, { up: had }, { up: up2 }, why2) {
  const mine = services.filter(({ name }) => grown(had, up2).includes(name));
  const time = Math.max(0, ...mine.map(({ update }) => update[why2]));
  if (time === 0) return [];
  const { wanted, slot } = task;
  const names = services.map(({ name }) => name).filter((name) => (up2[name] ?? 0) > 0);
  return [
    step({
      kind: "watch",
      why: why2,
      release: wanted.release.id,
      slot,
      services: names,
      only: pick2(up2, names),
      ...tolerating2(services, up2, names),
      for: time,
      against: void 0,
      limits: void 0
    })
  ];
}
function stopOld2({ old, routed }, from, to) {
  const services = grown(from, to);
  if (services.length === 0) return [];
  const asked = services.filter((name) => routed.includes(name));
  const drains = asked.length > 0 ? [step({ kind: "drain", ...old, ...between(from, to, asked) })] : [];
  return [...drains, stopSome(old, services, between(from, to, services))];
}
function stopRest({ old, services, task }, names) {
  const stopped2 = moments(services).at(-1)?.stopped ?? {};
  const through = services.filter((service) => stopped2[service.name] === service.old).map(({ name }) => name);
  const left2 = names.filter((name) => !through.includes(name) && hasContainer(task.previous?.observed, name));
  const after3 = Object.entries(pick2(stopped2, left2)).filter(([, count3]) => count3 > 0);
  const which2 = after3.length > 0 ? { after: Object.fromEntries(after3) } : {};
  return left2.length === 0 ? [] : [stopSome(old, left2, which2, { ...allThere(task.previous?.observed, left2), ...which2 })];
}
function stopSome({ release, slot }, services, which2, there = which2) {
  return step(
    { kind: "stop", release, services, ...which2, evidence: false },
    { kind: "start", release, slot, services, how: "start", ...which2 },
    { kind: "check", release, services, ...there }
  );
}

// src/plan/strategies/rolling.ts
var rolling = (task) => {
  const roll = rollOf(task, "served", "internal");
  if (roll === void 0 || roll.services.length === 0) return blueGreen(task);
  if (!oldIsWhole(task)) {
    const stages = blueGreen(task);
    return {
      ...stages,
      start: because("all replicas at once: the old release is not whole", "start", stages.start)
    };
  }
  const beats = beatsOf(roll);
  const [first] = beats;
  const early = first !== void 0 && first.start.length > 0;
  const back = roll.routed.length === 0 ? trafficBack(task) : beats.at(-1)?.back ?? [];
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: beats.flatMap((beat, index) => [
      ...early && index === 0 ? [] : [...beat.start, ...beat.check],
      ...beat.monitor,
      ...index === beats.length - 1 ? moveOver(task, back) : [...beat.lead, ...beat.stop, ...beat.delay]
    ])
  };
};
function rollOf(task, ...roles) {
  const { wanted, previous } = task;
  const record = previous?.observed?.record;
  const slot = previous?.slot;
  if (previous === void 0 || record === void 0 || slot === void 0) return void 0;
  const mixes = edgeLeadsOn(task) && task.traffic?.release === previous.id;
  const candidates = inRole(wanted.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after3] = [record.services[name], wanted.release.services[name]];
    const asked = hasWaysIn(wanted.release, name);
    const old = replicasThere(previous.observed, name);
    const rolls = before !== void 0 && after3 !== void 0 && roles.includes(before.role) && old > 0 && !before.oneShot && !after3.oneShot && leadToTheSame(record, wanted.release, name) && (mixes || !asked);
    return rolls ? [{ name, old, replicas: after3.replicas, update: after3.update ?? ONE }] : [];
  });
  const names = services.map(({ name }) => name);
  return {
    task,
    old: { release: previous.id, slot },
    services,
    whole: candidates.filter((name) => !names.includes(name)),
    routed: names.filter((name) => hasWaysIn(wanted.release, name))
  };
}
var ONE = {
  parallelism: 1,
  order: "start-first",
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: "turn-back"
};

// src/plan/task.ts
function taskOf(host, wanted, { amends, givesWay }) {
  const { id: id2 } = wanted.release;
  const stranded = strandedOn(host, givesWay);
  const found = givesWay && stranded === void 0 ? void 0 : host.traffic;
  const live = stranded?.good ?? (found === host.traffic ? liveRelease(host) : void 0);
  const again = live?.id === id2;
  const known = host.releases.find((observed) => observed.id === id2);
  const taken = again ? void 0 : live?.slot;
  const slot = taken === void 0 ? known?.slot ?? live?.slot ?? "blue" : otherSlot(taken);
  const edge = again ? void 0 : edgeToReturn(host, live);
  return {
    host: edge === void 0 ? host : { ...host, edge },
    edgeBack: edge && live?.id,
    amends,
    givesWay,
    wanted,
    stranded,
    live,
    previous: again ? void 0 : live,
    traffic: stranded === void 0 ? found && { slot: found.slot, release: found.release } : { slot: stranded.good.slot, release: stranded.good.id },
    slot,
    how: hasAllContainers(known) ? "start" : "create",
    untouchable: new Set(again ? untouchableOf(known, stranded !== void 0) : [])
  };
}
function edgeToReturn({ edge, accepted }, live) {
  const fingerprint2 = live?.observed?.edge;
  return edge.state === "running" && fingerprint2 !== void 0 && live?.id === accepted && edge.fingerprint !== fingerprint2 && readAlike(edge.fingerprint, fingerprint2) ? { ...edge, fingerprint: fingerprint2 } : void 0;
}
function untouchableOf(live, recovered) {
  return recovered && hasAllContainers(live) ? servicesOf(live) : startedServices(live);
}

// src/plan/workers.ts
function workerSteps(task) {
  const roll = task.wanted.strategy.name === "rolling" ? rollOf(task, "worker") : void 0;
  const old = inRole(task.previous?.observed?.record, "worker");
  if (roll === void 0 || roll.services.length === 0) {
    return [...startNew(task, "worker"), ...checkNew(task, "worker"), ...stopOld(task, old)];
  }
  const beats = beatsOf(roll);
  return [
    ...beats.flatMap((beat, index) => [
      ...beat.start,
      ...beat.check,
      ...beat.monitor,
      ...beat.stop,
      ...index === beats.length - 1 ? [] : beat.delay
    ]),
    ...stopRest(roll, old)
  ];
}

// src/plan/host.ts
var STRATEGIES = {
  "blue-green": blueGreen,
  rolling,
  canary,
  recreate
};
function planHost(host, wanted, amends = NO_AMENDS) {
  const task = taskOf(host, wanted, amends);
  if (isDone(task)) return {};
  return withoutEmptyStages({
    recover: recoverSteps(task),
    pull: pullSteps(task),
    prepare: [...edgeSteps(task), ...accessorySteps(task, "early"), recordStep(task)],
    before: hookSteps(task, "before"),
    ...STRATEGIES[wanted.strategy.name](task),
    bake: bakeSteps(task),
    complete: [...accessorySteps(task, "late"), ...workerSteps(task)],
    look: [lookStep(task)],
    accept: [acceptStep(task)],
    retire: retireSteps(task),
    after: hookSteps(task, "after")
  });
}
function isDone(task) {
  const { host, live, stranded, amends, givesWay } = task;
  const { release, edge } = task.wanted;
  const edgeIsRight = edge === void 0 ? host.edge.state === "absent" : host.edge.state === "running" && host.edge.fingerprint === edge;
  return stranded === void 0 && amends.length === 0 && !givesWay && host.traffic?.shared === void 0 && live?.id === release.id && host.accepted === release.id && live.observed !== void 0 && isWhole(live.observed) && !lacksRestarts(live.observed) && edgeIsRight && (host.front || !wantsDomains(release)) && !host.releases.some((other) => other.id !== release.id && mayRun(other)) && missingAccessories(host, release).length === 0 && outdatedAccessories(task).length === 0;
}
function pullSteps(task) {
  const { host, wanted, how, edgeBack } = task;
  const edgeStays = wanted.edge === void 0 || host.edge.state === "running" && host.edge.fingerprint === wanted.edge;
  const frontStays = host.front || !wantsDomains(wanted.release);
  const accessoriesStay = missingAccessories(host, wanted.release).length === 0 && outdatedAccessories(task).length === 0;
  const needless = how === "start" && edgeStays && edgeBack === void 0 && frontStays && accessoriesStay;
  return needless ? [] : [step({ kind: "pull", release: wanted.release.id })];
}
function recordStep({ host, wanted }) {
  const release = wanted.release.id;
  return step({ kind: "record", release }, { kind: "turned-back", release, previous: host.accepted });
}
function hookSteps({ wanted, slot }, when) {
  return wanted.hooks[when].map(
    (hook) => step({ kind: "run", when, release: wanted.release.id, slot, ...hook })
  );
}
function acceptStep({ host, wanted, previous }) {
  const release = wanted.release.id;
  const before = previous?.id ?? acceptanceOf(host.history, release)?.previous;
  return step(
    { kind: "accept", release, previous: before, event: wanted.event },
    { kind: "turned-back", release, previous: host.accepted }
  );
}
function withoutEmptyStages(plan) {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}

// src/plan/waves.ts
function wavesOf(hosts2, waves) {
  if (waves.kind === "all") return [hosts2];
  const size = waves.kind === "hosts" ? waves.atMost : Math.max(1, Math.floor(hosts2.length * waves.percent / 100));
  const [pilot, ...rest] = hosts2;
  if (pilot === void 0) return [];
  const chunks = Array.from(
    { length: Math.ceil(rest.length / size) },
    (_, at) => rest.slice(at * size, (at + 1) * size)
  );
  return [[pilot], ...chunks];
}

// src/plan/fleet.ts
function planFleet(hosts2, wanted, waves = { kind: "all" }) {
  return {
    waves: wavesOf(
      hosts2.map(({ host }) => host),
      waves
    ),
    release: wanted.release.id,
    hosts: plansOf(hosts2, wanted)
  };
}
function plansOf(hosts2, wanted) {
  const grounds = groundsOf(hosts2);
  const known = grounds.some(({ host }) => host.accepted === wanted.release.id);
  let hooks = known ? NO_HOOKS : wanted.hooks;
  return new Map(
    grounds.map((ground) => {
      const plan = planHost(ground.host, { ...wanted, hooks }, ground);
      if (Object.keys(plan).length > 0) hooks = NO_HOOKS;
      return [ground.host.host, plan];
    })
  );
}
var NO_HOOKS = { before: [], after: [] };
function isEmpty(plan) {
  return [...plan.hosts.values()].every((host) => Object.keys(host).length === 0);
}
function stagesOf(plan) {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}

// src/model/duration.ts
var UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
var DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
var PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;
function parseDuration(text5) {
  if (!DURATION.test(text5)) return void 0;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { groups } of text5.matchAll(PART)) {
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
  const seconds2 = Math.round(exact / 1e3);
  const parts2 = [
    [Math.floor(seconds2 / 3600), "h"],
    [Math.floor(seconds2 % 3600 / 60), "m"],
    [seconds2 % 60, "s"]
  ];
  return parts2.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`).join("");
}

// src/model/share.ts
function formatShare(share) {
  return `${Number((share * 100).toFixed(2))}%`;
}

// src/report/words.ts
var UNBUILT = "not built yet";
function actionText(action) {
  switch (action.kind) {
    case "pull":
      return `pull the images of ${action.release}`;
    case "edge":
      return { create: "make the edge", start: "start the edge", replace: "replace the edge" }[action.change] + ` (${action.reason})`;
    case "remove-edge":
      return "remove the edge";
    case "front":
      return "make the front for domains";
    case "remove-unused-front":
      return "remove the front if no domain needs it";
    case "domains":
      return action.release === void 0 ? "close the domains" : `open the domains of ${action.release}`;
    case "accessories":
      return action.services.length === 0 ? "make networks and volumes" : `bring up ${list3(action.services)} (accessories)`;
    case "record":
      return `record ${action.release}`;
    case "start":
      return `start ${some(action)} of ${action.release} in ${action.slot}${action.how === "start" ? " (still there)" : ""}`;
    case "check":
      return `check ${some(action)} of ${action.release}`;
    case "switch":
      return `switch traffic to ${action.release}`;
    case "share":
      return `send ${formatShare(action.share)} of the visitors to ${action.release}`;
    case "mix":
      return action.with === void 0 ? `send traffic to what is left of ${action.release}` : `send ${formatShare(action.share)} of the traffic to ${parts(action.with.only)} of ${action.with.release}`;
    case "watch":
      return `${WATCHING[action.why]} ${action.release} for ${formatDuration(action.for)}`;
    case "look":
      return `take a last look at ${action.release}${action.drain === void 0 ? "" : `, while ${action.drain.release} drains`}`;
    case "run":
      return `run ${showCommand(action.argv)} in ${action.service} of ${action.release}`;
    case "clear":
      return `clear the ${action.slot} slot`;
    case "drain":
      return `drain ${partly(action)}${action.release}`;
    case "stop":
      return `stop ${some(action)} of ${action.release}`;
    case "accept":
      return `accept ${action.release}`;
    case "turned-back":
      return `note that ${action.release} was turned back`;
    case "prune":
      return `prune ${list3(action.releases)}`;
  }
}
var WATCHING = { delay: "wait with", monitor: "watch", canary: "judge", bake: "watch" };
function some({ services, only, after: after3 }) {
  if (only !== void 0) return parts(only, after3);
  return list3(services.map((name) => after3?.[name] ? `${name} from ${after3[name] + 1}` : name));
}
var partly = ({ only, after: after3 }) => only === void 0 ? "" : `${parts(only, after3)} of `;
function parts(only, after3 = {}) {
  return list3(
    Object.entries(only).flatMap(([service, count3]) => {
      const first = (after3[service] ?? 0) + 1;
      if (count3 < first) return [];
      return [count3 === first ? `${service} ${count3}` : `${service} ${first}–${count3}`];
    })
  );
}
var STAGE_TITLES = {
  pull: "Pull",
  recover: "Recover",
  prepare: "Prepare",
  before: "Before",
  start: "Start",
  check: "Check",
  switch: "Switch",
  verify: "Verify",
  bake: "Bake",
  complete: "Complete",
  look: "Look",
  accept: "Accept",
  retire: "Retire",
  after: "After"
};
var TAKE_BACK = "Take back";
function list3(names) {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
function removedText(hosts2) {
  const one = hosts2.length === 1;
  return `${list3(hosts2)} ${one ? "was" : "were"} in "hosts" at the last deploy and ${one ? "is" : "are"} not any more: ${one ? "it was" : "they were"} not touched and ${one ? "serves" : "serve"} what ${one ? "it" : "they"} served.`;
}
var sentence = (text5) => /[.!?…]$/.test(text5) ? text5 : `${text5}.`;
function moment(at) {
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, "$1 $2");
}

// src/report/aftermath.ts
var MOVES = /* @__PURE__ */ new Set(["switch", "share", "mix"]);
var isMove = (step2) => isDoing(step2) && MOVES.has(step2.action.kind);
function trafficText(live, steps) {
  if (steps.some(isMove)) return `Traffic is on ${live} again`;
  const stopped2 = stoppedOf(live, steps);
  if (steps.some(({ action, stage }) => stage === "recover" && MOVES.has(action.kind)))
    return `Traffic is on ${live}`;
  if (stopped2.length === 0) return `Traffic stayed on ${live}`;
  const [were, serve] = stopped2.length === 1 ? ["was", "serves"] : ["were", "serve"];
  return `${list3(stopped2)} of ${live} ${were} stopped for it and ${serve} again`;
}
function refusedText(wanted, steps) {
  const started = steps.some(
    (step2) => isDoing(step2) && step2.action.kind === "start" && step2.action.release === wanted
  );
  return started ? `${wanted} is stopped` : `nothing of ${wanted} was started`;
}
var isDoing = ({ undo, stage }) => !undo && stage !== "recover";
function stoppedOf(live, steps) {
  return [
    ...new Set(
      steps.flatMap(
        (step2) => isDoing(step2) && step2.action.kind === "stop" && step2.action.release === live ? step2.action.services : []
      )
    )
  ];
}

// src/report/hosts.ts
function liveOn(hosts2) {
  const [first, ...others] = new Set(hosts2.map(({ is, unknown: unknown2 }) => unknown2 ? void 0 : is));
  return others.length === 0 ? first : void 0;
}
function statusReport(host) {
  const live = liveRelease(host);
  const condition = live?.observed === void 0 ? "NOT healthy" : healthOf(host, live.observed);
  const since2 = live === void 0 ? void 0 : acceptanceOf(host.history, live.id)?.at;
  const why2 = live === void 0 ? "nothing is deployed here" : `${live.id} is live${since2 === void 0 ? ", but was never accepted" : ` since ${since2}`}, ${condition}${sharing(host)}`;
  const kept = [...host.releases].map((release) => keptRelease(host, release, release.id === live?.id)).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  return { host: host.host, was: live?.id, is: live?.id, why: why2, kept };
}
function sharing({ traffic }) {
  return traffic?.shared === void 0 ? "" : `; some of its requests go to ${traffic.shared}, whose deploy goes on or was cut short`;
}
function healthOf(host, live) {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== "running")
    return `NOT healthy: its edge is ${host.edge.state}`;
  return isWhole(live) ? "healthy" : "NOT healthy";
}
function keptRelease(host, release, live) {
  const accepted = acceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    live,
    whole: isWhole(release),
    condition: conditionOf(release)
  };
}
function conditionOf({ containers: containers2, record }) {
  if (containers2.length === 0) return "its containers are gone, its image and record are kept";
  const staying = containers2.filter(
    ({ service, state, exitCode }) => !(record?.services[service]?.oneShot === true && state === "exited" && exitCode === 0)
  );
  const running = staying.filter(({ state }) => state === "running");
  if (running.length === 0) return `${containers2.length} stopped`;
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
    ...step2.ended ? { ended: step2.ended } : {},
    undo: step2.undo,
    note: step2.note ?? whyNot(step2, failures),
    ...step2.watched === void 0 ? {} : { judged: { ...step2.watched, share: shareAt(step2.host, steps.slice(0, index)) } }
  }));
}
function whyNot({ host, action }, failures) {
  const failure2 = failures.find((each2) => each2.host === host && each2.action === action);
  return failure2 === void 0 ? void 0 : messageWithout(host, failure2.error);
}
function shareAt(host, steps) {
  const last = steps.findLast(
    (step2) => step2.host === host && (step2.action.kind === "share" || step2.action.kind === "switch")
  );
  return last?.action.kind === "share" ? last.action.share : 1;
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

// src/report/silence.ts
function silenceOf(steps, host, release) {
  const live = liveRelease(host);
  if (live === void 0 || live.id === release.id) return void 0;
  const relevant = steps.filter(({ stage, undo }) => undo || MOVING2.has(stage));
  const first = relevant.find(({ action }) => stops(action, live.id));
  if (first?.action.kind !== "stop") return void 0;
  const { services } = first.action;
  const routed = [release, live.observed?.record].flatMap(
    (of) => of?.routes.map(({ service }) => service) ?? []
  );
  const led = services.some((service) => routed.includes(service));
  const mine = (of) => of.some((service) => services.includes(service));
  let serving = live.id;
  let since2;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stops(action, serving) && mine(action.services)) since2 ??= at;
    const arrival = ok ? arrived(action, led, services) : void 0;
    if (arrival === void 0) continue;
    serving = arrival;
    if (since2 !== void 0) total += at + took - since2;
    since2 = void 0;
  }
  const whole2 = led && routed.every((service) => services.includes(service));
  return total === 0 ? void 0 : { services, whole: whole2, for: Math.round(total) };
}
function silenceText({ services, whole: whole2, for: time }) {
  const who = whole2 ? "nothing answered" : `${list3(services)} did not answer`;
  return `${who} for ${formatDuration(time)}`;
}
var MOVING2 = /* @__PURE__ */ new Set(["start", "check", "switch"]);
function arrived(action, led, services) {
  if (led) return action.kind === "switch" ? action.release : void 0;
  const mine = action.kind === "check" && action.services.some((service) => services.includes(service));
  return mine ? action.release : void 0;
}
var stops = (action, release) => action.kind === "stop" && action.only === void 0 && action.release === release;

// src/report/failures.ts
function sayOnce(troubles) {
  const hosts2 = /* @__PURE__ */ new Map();
  for (const { host, error: error2 } of troubles) {
    const message = messageWithout(host ?? "", error2);
    const named = hosts2.get(message) ?? [];
    hosts2.set(message, host === void 0 || named.includes(host) ? named : [...named, host]);
  }
  return [...hosts2].map(([message, named]) => named.length === 0 ? message : `${list3(named)}: ${message}`).join(" · ");
}
function gathered(troubles) {
  const errors2 = troubles.flatMap(({ error: error2 }) => error2 instanceof SealiftError ? error2 : []);
  const shown = errors2.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(sayOnce(troubles), {
    evidence: [...new Set(shown.flatMap(({ evidence }) => evidence))],
    told: shown.every(({ told }) => told)
  });
}

// src/report/state.ts
function stateOf(hosts2, wanted, outcome) {
  if (hosts2.some(({ stuck }) => stuck)) return stuckText(hosts2, outcome);
  return whatServes(hosts2, wanted, outcome) + mendedText(hosts2);
}
function whatServes(hosts2, wanted, { steps }) {
  if (hosts2.every(({ is }) => is === void 0)) {
    const as = hosts2.every(isAsBefore) ? ", as before" : "";
    return `Nothing is live${as}; accessories, networks and volumes that were made stay.`;
  }
  const live = liveOn(hosts2);
  if (live === wanted) return `${wanted} has the traffic, as before; what was to be mended is not.`;
  if (live !== void 0) return `${trafficText(live, steps)}; ${refusedText(wanted, steps)}.`;
  const all3 = hosts2.every(isAsBefore) ? "Every host serves what it served before" : "The hosts serve";
  return `${all3} (${each(hosts2)}); ${refusedText(wanted, steps)}.`;
}
var isAsBefore = ({ was, is }) => was === is;
function mendedText(hosts2) {
  const others = hosts2.filter((host) => !isAsBefore(host));
  if (others.length === 0) return "";
  const before = others.map(({ host, was }) => `${host}: ${was ?? "nothing"}`).join(", ");
  return ` An interrupted run had left ${list3(others.map(({ host }) => host))} otherwise (${before}): that was mended first.`;
}
function stuckText(hosts2, { failures, left: left2 }) {
  const said3 = new Set(failures.map(({ host, error: error2 }) => messageWithout(host ?? "", error2)));
  const first = new Map([...left2].reverse().map((failure2) => [failure2.host, failure2]));
  const news = [...first.values()].filter(isCheck).map(notUp);
  for (const each2 of first.values()) {
    if (!isCheck(each2) && !said3.has(messageWithout(each2.host ?? "", each2.error))) news.push(each2);
  }
  const why2 = news.length === 0 ? "" : ` ${sentence(sayOnce(news))}`;
  const where = list3(hosts2.filter((host) => host.stuck === true).map(({ host }) => host));
  const well = hosts2.filter((host) => host.stuck !== true);
  const as = well.every(isAsBefore) ? "what they served before " : "";
  const others = well.length === 0 ? "" : ` The others serve ${as}(${each(well)}).`;
  const known = hosts2.filter((host) => host.stuck === true && host.unknown !== true);
  const asked = known.every(isAsBefore) ? "as before " : "";
  const serving = known.length === 0 ? "" : ` Requests are answered ${asked}on ${each(known)}.`;
  const what = left2.length === 0 ? "MENDED" : "TAKEN BACK";
  return `NOT EVERYTHING COULD BE ${what} on ${where}.${why2}${serving}${others} Look at ${where} now.`;
}
var isCheck = (failure2) => failure2.action?.kind === "check";
var notUp = ({ host, action, error: error2 }) => ({
  host,
  error: new SealiftError(`${action.release} did not come up again: ${messageWithout(host ?? "", error2)}`)
});
var each = (hosts2) => hosts2.map(({ host, is }) => `${host}: ${is ?? "nothing"}`).join(", ");

// src/report/ending.ts
function endingOf(before, release, event, outcome) {
  const hosts2 = before.map((observed) => hostEnding(observed, release, outcome));
  const touched = outcome.steps.some(isTouch);
  return outcome.kind === "done" ? ending(event === "rolled-back" ? "rolled-back" : "deployed", hosts2, `${release.id} is live.`) : touched ? ending("turned-back", hosts2, stateOf(hosts2, release.id, outcome) + warningOf(before, hosts2, outcome)) : ending("failed", hosts2, "Nothing was deployed.");
}
function unchanged(before, { id: id2 }) {
  const hosts2 = before.map(({ host }) => ({ host, was: id2, is: id2, why: "already live", kept: [] }));
  return ending("unchanged", hosts2, NOTHING_CHANGED);
}
var NOTHING_CHANGED = "Nothing was changed.";
var ending = (result2, hosts2, state) => ({
  result: result2,
  hosts: hosts2,
  state,
  live: liveOn(hosts2)
});
var isTouch = ({ stage, action }) => stage !== "pull" && action.kind !== "prune";
function hostEnding(observed, release, outcome) {
  const { host } = observed;
  const was = liveRelease(observed)?.id;
  const steps = outcome.steps.filter((step2) => step2.host === host);
  const silence = silenceOf(steps, observed, release);
  const report = { host, was, kept: [], ...silence === void 0 ? {} : { silence } };
  if (outcome.kind === "done") {
    return { ...report, is: release.id, why: steps.length === 0 ? "already live" : "healthy" };
  }
  const halfway = outcome.failures.find((failure2) => failure2.host === host && isUnmended(failure2));
  if (halfway !== void 0) {
    const cause2 = messageWithout(host, halfway.error);
    return { ...report, is: void 0, unknown: true, stuck: true, why: `COULD NOT BE MENDED: ${cause2}` };
  }
  const left2 = outcome.left.filter((failure2) => failure2.host === host);
  const [first] = left2;
  if (first === void 0)
    return { ...report, is: servedAtLast(steps, observed), why: why(host, steps, outcome) };
  const cause = messageWithout(host, first.error);
  const edgeless = ledAtLast(steps, observed) === void 0 && release.routes.length === 0;
  return edgeless || left2.some(({ action }) => action === void 0 || !CLEANING.has(action.kind)) ? { ...report, is: void 0, unknown: true, stuck: true, why: `COULD NOT BE MOVED BACK: ${cause}` } : {
    ...report,
    is: servedAtLast(steps, observed),
    stuck: true,
    why: `NOT EVERYTHING COULD BE TAKEN BACK: ${cause}`
  };
}
var isUnmended = ({ stage, action }) => stage === "recover" && action !== void 0 && MENDING.has(action.kind);
var MENDING = /* @__PURE__ */ new Set(["switch", "mix", "clear", "accept", "turned-back"]);
var CLEANING = /* @__PURE__ */ new Set([
  "stop",
  "drain",
  "turned-back",
  "remove-edge",
  "remove-unused-front"
]);
function servedAtLast(steps, observed) {
  const traffic = ledAtLast(steps, observed);
  if (traffic !== void 0 || observed.traffic !== void 0) return traffic?.release;
  const said3 = steps.filter(({ ok, stage }) => ok && stage === "recover").map(({ action }) => action).findLast(({ kind }) => kind === "accept" || kind === "turned-back");
  if (said3?.kind === "accept") return said3.release;
  return said3?.kind === "turned-back" ? said3.previous : liveRelease(observed)?.id;
}
var ledAtLast = (steps, { traffic }) => steps.filter(({ ok }) => ok).reduce((before, { action }) => ledBy(action, before), traffic);
function ledBy(action, before) {
  if (action.kind === "switch" || action.kind === "mix") return action;
  return action.kind === "clear" && action.slot === before?.slot ? void 0 : before;
}
function why(host, steps, { failures }) {
  const own = failures.filter((failure2) => failure2.host === host);
  if (own.length > 0) return own.map(({ error: error2 }) => messageWithout(host, error2)).join(" · ");
  if (!steps.some(isTouch)) return "not touched";
  const back = steps.some(isMove) ? "moved back" : "taken back";
  const others = failures.flatMap((failure2) => failure2.host ?? []);
  if (others.length > 0) return `${back} with ${list3(others)}`;
  return failures.some(({ cancelled }) => cancelled === true) ? `${back}, because the job was cancelled` : `${back}, because url did not answer as expected`;
}
function warningOf(before, hosts2, { steps }) {
  const ailing = before.filter((observed) => {
    const live = liveRelease(observed);
    const moved = hosts2.some(({ host, is }) => host === observed.host && is !== live?.id);
    const mended2 = steps.some(
      ({ host, ok, action }) => ok && host === observed.host && action.kind === "check" && action.release === live?.id
    );
    return live?.observed !== void 0 && !servesWholly(live.observed) && !moved && !mended2;
  });
  if (ailing.length === 0) return "";
  const where = list3(ailing.map(({ host }) => host));
  return ` But what serves did not run in full on ${where} when this began, and was not mended: look at it now.`;
}

// src/report/markdown.ts
function text3(value) {
  return oneLine(value).replace(/[&<>|]/g, entity).replace(/[\\`*_~[\]$]/g, "\\$&").replace(/^[#+=-]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
}
function html(value) {
  return oneLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, entity);
}
var NAMED = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
var entity = (character) => NAMED[character] ?? `&#${character.codePointAt(0)};`;
function code(value) {
  const content = oneLine(value);
  if (content === "") return "–";
  return /[`|\\]/.test(content) ? `<code>${html(content)}</code>` : `\`${content}\``;
}
function fence(lines, language = "text") {
  const content = plain(lines.join("\n"));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run4]) => run4.length));
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
function table(head, rows) {
  const line = (cells2) => `| ${cells2.join(" | ")} |`;
  return [line(head), line(head.map(() => ":--")), ...rows.map(line)].join("\n");
}
function folded(title, body2) {
  return `<details><summary>${title}</summary>

${body2}

</details>`;
}

// src/report/evidence.ts
function toldApart(evidence) {
  const sorted2 = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container)
  );
  const shown = sorted2.filter(isInTrouble);
  const others = sorted2.filter((each2) => !shown.includes(each2));
  const of = shown.length > 0 ? "the other containers" : "the containers";
  return { shown, others, title: `Logs of ${of} that were stopped (${others.length})` };
}
function evidenceOf2(evidence) {
  const { shown, others, title } = toldApart(evidence);
  const parts2 = shown.map(blockOf);
  if (others.length > 0) parts2.push(folded(title, others.map(blockOf).join("\n\n")));
  return parts2.join("\n\n");
}
function isInTrouble({ state, exitCode, oomKilled, health }) {
  return oomKilled || health === "unhealthy" || exitCode !== void 0 && exitCode !== 0 || state === "restarting" || state === "dead";
}
function marksOf(evidence) {
  return [
    evidence.state,
    ...evidence.exitCode === void 0 ? [] : [`exit code ${evidence.exitCode}`],
    ...evidence.oomKilled ? ["killed for memory"] : [],
    ...evidence.health === void 0 ? [] : [`HEALTHCHECK ${evidence.health}`]
  ].join(", ");
}
var WIDTH = 400;
var cut = (line) => line.length > WIDTH ? `${line.slice(0, WIDTH)} …` : line;
function blockOf(evidence) {
  const lines = evidence.lastLines.map(cut);
  return `**${text3(evidence.service)}** on ${code(evidence.host)} (${code(evidence.container)}): ${text3(marksOf(evidence))}

${fence(lines.length === 0 ? ["(no output)"] : lines)}`;
}

// src/report/lines.ts
function planLines(plan, release) {
  const services = Object.values(release.services).map(
    (service) => `  ${service.name}: ${service.role}${service.because === void 0 ? "" : ` (${service.because})`}, ${imageText(service.image)}`
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmpty(plan)) return head;
  const steps = stagesOf(plan).flatMap((stage) => [
    `${STAGE_TITLES[stage]}:`,
    ...alike(plan, stage).flatMap(
      ({ hosts: hosts2, texts: texts3 }) => texts3.map((text5) => `  ${whose(hosts2, plan)}  ${text5}`)
    )
  ]);
  const waves = plan.waves.map((hosts2, index) => `  ${index + 1}. ${list3(hosts2)}`);
  return [...head, ...waves.length > 1 ? ["Waves:", ...waves] : [], ...steps];
}
function alike({ hosts: hosts2 }, stage) {
  const groups = /* @__PURE__ */ new Map();
  for (const [host, stages] of hosts2) {
    const texts3 = (stages[stage] ?? []).map(
      ({ action, reason }) => reason === void 0 ? actionText(action) : `${actionText(action)} (${reason})`
    );
    const key = JSON.stringify(texts3);
    const group2 = groups.get(key) ?? { hosts: [], texts: texts3 };
    group2.hosts.push(host);
    groups.set(key, group2);
  }
  return [...groups.values()];
}
var whose = (hosts2, plan) => hosts2.length > 1 && hosts2.length === plan.hosts.size ? `all ${hosts2.length} hosts` : list3(hosts2);
function stepLine(result2, error2, hosts2 = []) {
  const { host, ok, ended, undo, action, took } = result2;
  const found = error2 === void 0 ? result2.note : messageWithout(host, error2);
  const mark = ok ? undo ? "↶" : "✓" : ended ? "–" : "✗";
  return `${mark} ${column(host, hosts2)}  ${actionText(action)}  ${formatDuration(took)}${found === void 0 ? "" : `  ${oneLine(found)}`}`;
}
var LONG = 1e4;
function beginLine(host, action, hosts2 = []) {
  const lasts = action.kind === "run" || action.kind === "watch" && action.for >= LONG;
  return lasts ? `… ${column(host, hosts2)}  ${actionText(action)}` : void 0;
}
function stageLine(stage, on, { waves, hosts: hosts2 }, elapsed = 0) {
  const title = stage === "take-back" ? TAKE_BACK : STAGE_TITLES[stage];
  const wave = waves.findIndex((each2) => on.some((host) => each2.includes(host)));
  const moves = stage !== "take-back" && MOVING.includes(stage) && waves.length > 1;
  const which2 = moves ? ` (wave ${wave + 1} of ${waves.length}: ${list3(waves[wave] ?? [])})` : "";
  const when = elapsed < 1e3 ? "" : `  after ${formatDuration(elapsed)}`;
  return `${title}${which2 || (on.length < hosts2.size ? ` (${list3(on)})` : "")}:${when}`;
}
var imageText = (image) => isPlaceholder(image) ? `${repositoryOf(image)} (${UNBUILT})` : image;
var column = (host, hosts2) => host.padEnd(Math.max(0, ...hosts2.map(({ length }) => length)));
function silenceLines(hosts2) {
  return hosts2.flatMap(
    ({ host, silence }) => silence === void 0 ? [] : [`${host}  ${silenceText(silence)}`]
  );
}
function hostLines(hosts2) {
  if (hosts2.length < 2) return [];
  const names = hosts2.map(({ host }) => host);
  return hosts2.map(({ host, was, is, why: why2, unknown: unknown2 }) => {
    const serves = unknown2 ? "NOT KNOWN" : is ?? "nothing";
    return `${column(host, names)}  before: ${was ?? "nothing"}, now: ${serves}  ${oneLine(why2)}`;
  });
}
function evidenceLines(evidence) {
  const lines = evidence.lastLines.length === 0 ? ["(no output)"] : evidence.lastLines;
  return [
    `${evidence.host}  ${evidence.container} (${marksOf(evidence)}), its last lines:`,
    ...indented(lines)
  ];
}
function failureLines(error2, state) {
  const cause = sentence(messageOf(error2));
  const headline2 = `${cause} ${state}`;
  if (!(error2 instanceof SealiftError)) return { cause, headline: headline2, details: [], lines: [] };
  const { evidence, told } = error2;
  return { cause, headline: headline2, details: evidence, lines: told ? [] : indented(evidence) };
}
function indented(lines) {
  return lines.flatMap((line) => plain(line).split("\n")).map((line) => `  │ ${line}`);
}

// src/plan/own-ports.ts
function checkOwnPorts(host, release) {
  const live = liveRelease(host)?.observed;
  if (live?.record === void 0) return;
  const edgeNow = host.edge.state === "running" ? publishedBy(live.record) : [];
  const taken = ownPorts(release).find(({ port }) => edgeNow.includes(port));
  if (taken !== void 0) {
    throw new ConfigurationError(
      `${host.host}: port ${taken.port} is the edge's now, and ${taken.service} is to publish it itself. Let your proxy reach ${taken.service} by a network and leave the port out; or remove the edge first (docker rm -f ${baseProject(release)}-edge on the host), and nothing answers there until the new release is up.`
    );
  }
  const running = startedServices(live);
  const wanted = publishedBy(release);
  const own = ownPorts(live.record).find(
    ({ service, port }) => running.includes(service) && wanted.includes(port)
  );
  if (own !== void 0) {
    throw new ConfigurationError(
      `${host.host}: port ${own.port} is published by ${own.service} of release ${live.id} itself, and the edge is to publish it now. Publish another port; or stop that first (docker compose -p ${releaseProject(live.record)} stop ${own.service} on the host), and nothing answers there until the new release is up.`
    );
  }
}
function publishedBy({ routes }) {
  return routes.flatMap((route) => route.published.map(({ port }) => port));
}
function ownPorts({ compose: compose2 }) {
  return Object.entries(compose2.services).flatMap(
    ([service, { ports }]) => (Array.isArray(ports) ? ports : []).map(
      (each2) => each2.protocol === "udp" ? Number.NaN : Number(each2.published)
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
  if (asked?.name === "canary") refuseCanary(release);
  return asked ?? { name: stopsFirst2(release) ? "rolling" : "blue-green" };
}
function stopsFirst2({ services }) {
  return Object.values(services).some(
    ({ role, update, replicas }) => role !== "exclusive" && update?.order === "stop-first" && replicas > 1
  );
}
function refuseCanary({ services, routes }) {
  if (routes.length === 0) {
    throw new ConfigurationError(
      'canary: there are no visitors to share out: the release publishes no HTTP port and has no domain, or "edge" is none. Publish a port in the Compose file, or leave "canary" empty.'
    );
  }
  for (const { service } of routes) {
    const { role, because: because2 } = services[service] ?? {};
    if (role !== "exclusive") continue;
    throw new ConfigurationError(
      `canary: visitors of ${service} can't be shared out, because two of it can't run at once: ${because2 ?? "it is exclusive"}. Change that in the Compose file, or leave "canary" empty.`
    );
  }
}
function checkPorts(host, release) {
  const domains = release.routes.some((route) => route.domains.length > 0) && !host.front;
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
var LONGEST_LABEL = 63;
var SOME_ID = "xxxxxxxx";
function checkNames(release) {
  for (const { service } of release.routes) {
    const name = `${releaseProject({ ...release, id: SOME_ID })}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - LONGEST_LABEL;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, ${excess} characters too long to be found by that name. Give the service or the app ("app") a shorter name.`
    );
  }
}

// src/engine/errors.ts
var NotFound = class extends HostError {
};
var Conflict = class extends HostError {
};
var DiskFull = class extends HostError {
};
function saysDiskFull(text5) {
  return /no space left on device|disk quota exceeded/i.test(text5);
}
function diskFull(host, doing, said3) {
  return new DiskFull(
    host,
    `its disk is full: could not ${doing}. Make room there ("docker system df" shows what takes it, "docker image prune" frees unused images).`,
    { evidence: [said3] }
  );
}
function engineError(host, doing, status2, said3) {
  if (saysDiskFull(said3)) return diskFull(host, doing, said3);
  const message = `could not ${doing}: ${said3 || `the engine answered with status ${status2}`}`;
  if (status2 === 404) return new NotFound(host, message);
  if (status2 === 409) return new Conflict(host, message);
  return new HostError(host, message);
}

// src/release/definitions.ts
import { createHash as createHash2 } from "node:crypto";

// src/release/compose/inline.ts
import { posix } from "node:path";
var LONGEST = 128 * 1024 - 256;
var LONGEST_TOGETHER = 1024 * 1024;
function inline(config, contents, problems) {
  const values = /* @__PURE__ */ new Map();
  const each2 = (kind, all3) => mapValues(all3 ?? {}, (spec, name) => {
    if (spec["external"] === true) problems.add(external(kind, name));
    const content = contents.get(`${kind}:${name}`);
    if (content === void 0) return { content: text2(spec["content"]) ?? "" };
    const unfit = whyUnfit(content);
    if (unfit !== void 0) problems.add(`compose-file: ${kind} ${name} ${unfit}`);
    const variable = freeName(`SEALIFT_${kind}_${name}`, values);
    values.set(variable, content);
    return { environment: variable };
  });
  const inlined = { secrets: each2("secret", config.secrets), configs: each2("config", config.configs) };
  const total = [...values.values()].reduce((sum2, value) => sum2 + Buffer.byteLength(value), 0);
  if (total > LONGEST_TOGETHER) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, and 1024 KiB can travel. Copy large files into the image.`
    );
  }
  return { ...inlined, values };
}
function external(kind, name) {
  return `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, whose content Sealift takes along.`;
}
function whyUnfit(content) {
  const otherwise = "Store it as base64 text and decode it when the container starts, or copy it into the image.";
  if (content.includes("\0") || content.includes("�")) return `is not text (UTF-8). ${otherwise}`;
  const bytes = Buffer.byteLength(content);
  return bytes > LONGEST ? `has ${Math.ceil(bytes / 1024)} KiB, and at most 127 KiB can travel. Copy it into the image.` : void 0;
}
function freeName(wish, taken) {
  const name = wish.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  for (let count3 = 1; ; count3++) {
    const candidate = count3 === 1 ? name : `${name}_${count3}`;
    if (!taken.has(candidate)) return candidate;
  }
}
function usedBy(services, key) {
  return new Set(Object.values(services).flatMap((service) => list2(service[key]).map(sourceOf)));
}
function refuseReadOnly(name, service, problems) {
  const used = [...list2(service["secrets"]), ...list2(service["configs"])].map(sourceOf);
  if (service["read_only"] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(", ")} into such a container. Remove read_only there, or hand the values over by environment:.`
  );
}
function readOnlyFiles(name, service, inlined, problems) {
  if (service["read_only"] !== true) return [];
  const files = [
    ...list2(service["secrets"]).map((use) => fileOf(name, use, "/run/secrets/", inlined.secrets)),
    ...list2(service["configs"]).map((use) => fileOf(name, use, "/", inlined.configs))
  ];
  for (const { folder, name: file2 } of files) {
    if (folder !== "/") continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file2} a target in a folder of its own: target: /etc/${name}/${file2}.`
    );
  }
  return files;
}
function fileOf(service, use, folder, specs) {
  const source = sourceOf(use);
  const options = object2(use);
  const target = posix.resolve(folder, unescaped2(text2(options["target"]) ?? source));
  const spec = object2(specs[source]);
  const variable = text2(spec["environment"]);
  return {
    service,
    folder: posix.dirname(target),
    name: posix.basename(target),
    uid: count(options["uid"]) ?? 0,
    gid: count(options["gid"]) ?? 0,
    mode: Number.parseInt(text2(options["mode"]) ?? "0444", 8),
    from: variable === void 0 ? { content: text2(spec["content"]) ?? "" } : { variable }
  };
}
function withRoomFor(service, files) {
  if (files.length === 0) return service;
  const mounted = mountsOf(service).map((mount) => mount.target);
  const folders = [...new Set(files.map((file2) => file2.folder))].filter(
    (folder) => !mounted.includes(folder)
  );
  const volumes = folders.map((target) => ({ type: "volume", target, volume: {} }));
  return { ...without(service, "secrets", "configs"), volumes: [...list2(service["volumes"]), ...volumes] };
}

// src/release/json.ts
function canonicalJson(value) {
  return JSON.stringify(
    value,
    (_, each2) => typeof each2 === "object" && each2 !== null && !Array.isArray(each2) ? Object.fromEntries(Object.entries(each2).sort(([one], [other]) => one < other ? -1 : 1)) : each2
  );
}

// src/release/definitions.ts
function definitionsOf(base, confidential) {
  return mapValues(base.services, (service) => {
    const files = filesOf(base, service);
    const contents = variablesOf(files).map((name) => confidential.get(name));
    const content = canonicalJson([service, files, contents]);
    return createHash2("sha256").update(content).digest("hex").slice(0, 12);
  });
}
function variablesFor(base, names) {
  return names.flatMap((name) => variablesOf(filesOf(base, object2(base.services[name]))));
}
function filesOf(base, service) {
  return {
    secrets: pick(base.secrets ?? {}, usedBy({ service }, "secrets")),
    configs: pick(base.configs ?? {}, usedBy({ service }, "configs"))
  };
}
function variablesOf({ secrets, configs }) {
  return [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})].map((spec) => text2(spec["environment"])).filter((name) => name !== void 0);
}

// src/release/make.ts
import { createHash as createHash3 } from "node:crypto";

// src/release/compose/images.ts
function withImages(split, images) {
  const services = mapValues(split.services, ({ imageKey, ...service }, name) => ({
    ...service,
    image: imageOf2(split, images, name, imageKey)
  }));
  const main = images.get("") ?? Object.values(services).find(({ name }) => split.services[name]?.imageKey === "")?.image;
  const replace = (value) => replaced(value, split.placeholder, main);
  const all3 = (config) => ({
    services: mapValues(config.services, (service) => object2(replace(service))),
    networks: mapValues(config.networks ?? {}, (each2) => object2(replace(each2))),
    volumes: mapValues(config.volumes ?? {}, (each2) => object2(replace(each2))),
    secrets: mapValues(config.secrets ?? {}, (each2) => object2(replace(each2))),
    configs: mapValues(config.configs ?? {}, (each2) => object2(replace(each2)))
  });
  const compose2 = all3(split.compose);
  return {
    services,
    base: all3(split.base),
    files: split.files.map(
      (file2) => "content" in file2.from ? { ...file2, from: { content: String(replace(file2.from.content)) } } : file2
    ),
    compose: {
      ...compose2,
      services: mapValues(compose2.services, (service, name) => ({
        ...service,
        image: services[name]?.image
      }))
    }
  };
}
function refuseUnknownServices(split, keys) {
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
function imageOf2(split, images, name, key) {
  const keys = new Set(Object.values(split.services).map((service) => service.imageKey));
  const only = images.size === 1 && keys.size === 1 ? [...images.values()][0] : void 0;
  const image = images.get(key) ?? images.get(name) ?? only;
  if (image !== void 0) return image;
  const given2 = [...images].map(([of, each2]) => of === "" ? each2 : `${of}=${each2}`).join(", ");
  const wish = key === "" ? "repository@sha256:…" : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given2 === "" ? "" : `, only ${given2}`}. Add a line ${wish}.`
  );
}
function replaced(value, placeholder2, image) {
  if (typeof value === "string") {
    if (!value.includes(placeholder2)) return value;
    if (image === void 0) {
      throw new ConfigurationError(
        "compose-file: ${IMAGE} is used, but every service has an image of its own, so it stands for none. Use it as image: of a service, or remove it."
      );
    }
    return value.replaceAll(placeholder2, image);
  }
  if (Array.isArray(value)) return value.map((each2) => replaced(each2, placeholder2, image));
  if (typeof value !== "object" || value === null) return value;
  return mapValues(object2(value), (each2) => replaced(each2, placeholder2, image));
}

// src/release/compose/objects.ts
function asExternal(all3, used) {
  return mapValues(pick(all3 ?? {}, used), (spec, key) => ({
    name: text2(object2(spec)["name"]) ?? key,
    external: true
  }));
}
function objectsOf2(base, project, labels3) {
  const split = (all3) => {
    const entries = Object.entries(all3 ?? {}).map(([key, spec]) => [key, object2(spec)]);
    return {
      own: entries.filter(([, spec]) => spec["external"] !== true),
      external: entries.filter(([, spec]) => spec["external"] === true).map(([key, spec]) => text2(spec["name"]) ?? key)
    };
  };
  const networks = split(base.networks);
  const volumes = split(base.volumes);
  const labelled2 = (kind, key, spec) => ({
    ...plain2(spec["labels"]),
    "com.docker.compose.project": project,
    [`com.docker.compose.${kind}`]: key,
    ...labels3
  });
  return {
    networks: networks.own.map(([key, spec]) => networkBody(key, spec, labelled2("network", key, spec))),
    volumes: volumes.own.map(([key, spec]) => ({
      ...defined({
        Driver: text2(spec["driver"]),
        DriverOpts: spec["driver_opts"] && plain2(spec["driver_opts"])
      }),
      Name: text2(spec["name"]) ?? key,
      Labels: labelled2("volume", key, spec)
    })),
    external: { networks: networks.external, volumes: volumes.external }
  };
}
function networkBody(key, spec, labels3) {
  const ipam = object2(spec["ipam"]);
  const pools = list2(ipam["config"]).map((each2) => {
    const pool = object2(each2);
    return defined({
      Subnet: pool["subnet"],
      IPRange: pool["ip_range"],
      Gateway: pool["gateway"],
      AuxiliaryAddresses: pool["aux_addresses"]
    });
  });
  const body2 = defined({
    Driver: text2(spec["driver"]) ?? "bridge",
    Options: spec["driver_opts"] && plain2(spec["driver_opts"]),
    Internal: spec["internal"],
    Attachable: spec["attachable"],
    EnableIPv4: spec["enable_ipv4"],
    EnableIPv6: spec["enable_ipv6"],
    IPAM: pools.length > 0 || text2(ipam["driver"]) !== void 0 ? defined({ Driver: text2(ipam["driver"]), Config: pools }) : void 0
  });
  return { ...body2, Name: text2(spec["name"]) ?? key, Labels: labels3 };
}
function plain2(values) {
  return isObject2(values) ? mapValues(values, (value) => unescaped2(String(value))) : {};
}
function relativeDevice(spec) {
  const options = object2(object2(spec)["driver_opts"]);
  const device = text2(options["device"]);
  const isBind = (text2(options["o"]) ?? "").split(",").some((each2) => each2 === "bind" || each2 === "rbind");
  return isBind && device !== void 0 && !device.startsWith("/") ? device : void 0;
}
function usedKeys(services) {
  const all3 = Object.values(services);
  return {
    networks: new Set(all3.flatMap((service) => Object.keys(object2(service["networks"])))),
    volumes: new Set(
      all3.flatMap(
        (service) => list2(service["volumes"]).map(object2).filter((mount) => mount["type"] === "volume").map((mount) => text2(mount["source"])).filter((source) => source !== void 0)
      )
    )
  };
}

// src/release/make.ts
function makeRelease(split, images, health, origin, force = false) {
  const { compose: compose2, base, services, files } = withImages(split, images);
  const { app, environment, routes, wholeRecreate, conditions, lateAccessories } = split;
  const content = {
    app,
    environment,
    services,
    routes,
    wholeRecreate,
    compose: compose2,
    base,
    conditions,
    lateAccessories,
    ...files.length > 0 ? { files } : {}
  };
  const plain3 = idOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionsOf(base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin
  };
  if (!force) return { id: plain3, ...release };
  return { id: idOf({ plain: plain3, at: origin.createdAt }), ...release, sameAs: plain3 };
}
function idOf(content) {
  return createHash3("sha256").update(canonicalJson(content)).digest("hex").slice(0, 8);
}
var SLOT = "sealift-slot";
function renderRelease(release, slot) {
  const network = slotNetwork(release, slot);
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = text2(service["restart"]);
      const labels3 = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? "worker",
        // It is taken from containers that are kept stopped, and given back when they start.
        ...restart === void 0 ? {} : { [LABEL.restart]: restart }
      };
      return { ...withLabels(service, labels3), ...joined(release, service, name, network) };
    }),
    networks: { ...release.compose.networks, [SLOT]: { name: network, external: true } }
  };
}
function renderBase(release) {
  const labels3 = labelsOf(release);
  const owned = (all3) => mapValues(
    all3 ?? {},
    (spec) => object2(spec)["external"] === true ? object2(spec) : withLabels(object2(spec), labels3)
  );
  return {
    ...release.base,
    services: mapValues(release.base.services, (service, name) => {
      const definition = release.definitions?.[name];
      return withLabels(service, {
        ...labels3,
        ...definition === void 0 ? {} : { [LABEL.definition]: definition }
      });
    }),
    networks: owned(release.base.networks),
    volumes: owned(release.base.volumes)
  };
}
function baseObjects(release) {
  return objectsOf2(release.base, baseProject(release), labelsOf(release));
}
function withLabels(spec, labels3) {
  return { ...spec, labels: { ...object2(spec["labels"]), ...labels3 } };
}
function joined(release, service, name, network) {
  const networks = networksOf(service);
  if (networks === void 0) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isOthers(release, name, alias));
  const priorities = Object.values(networks).map((own) => Number(object2(own)["priority"] ?? 0));
  const ask2 = realNames(release.compose, Object.keys(networks)).some((other) => other < network);
  return {
    networks: {
      ...networks,
      [SLOT]: {
        ...aliases.length > 0 ? { aliases } : {},
        // The network of highest priority is a container's for good, and it can't start where that one was pruned; this one
        // is exchanged when a release moves to the other slot.
        priority: Math.min(0, ...priorities) - 1,
        // Docker asks networks for a name in the order of their priority, then of their names.
        ...ask2 ? { gw_priority: 1 } : {}
      }
    }
  };
}
function realNames(config, keys) {
  return keys.map((key) => text2(object2(config.networks?.[key])["name"]) ?? key);
}
function isOthers(release, name, alias) {
  return Object.entries(release.compose.services).some(
    ([other, service]) => other !== name && (other === alias || aliasesOf(service).includes(alias))
  );
}
function filesToWrite(release, confidential, services) {
  const all3 = /* @__PURE__ */ new Map();
  for (const { service, folder, name, from, ...owner } of release.files ?? []) {
    if (!services.includes(service)) continue;
    const content = "variable" in from ? confidential.get(from.variable) ?? "" : unescaped2(from.content);
    const folders = all3.get(service) ?? /* @__PURE__ */ new Map();
    const files = folders.get(folder) ?? /* @__PURE__ */ new Map();
    all3.set(service, folders.set(folder, files.set(name, { ...owner, content })));
  }
  return all3;
}

// src/target/work.ts
function releaseById(work, id2) {
  const release = work.releases.get(id2);
  if (release === void 0)
    throw new SealiftError(`${work.engine.host}: release ${id2} has no record on this host.`);
  return release;
}

// src/target/compose.ts
var OWN_TIME = 6e4;
async function compose(work, project, config, confidential, args, patience) {
  const over = AbortSignal.timeout(patience + OWN_TIME);
  const running = composeRun(work, project, config, confidential, args, {
    signal: AbortSignal.any([work.signal, over]),
    progress: "plain"
  });
  await running.catch((error2) => {
    if (!over.aborted || work.signal.aborted) throw error2;
    throw new HostError(
      work.engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(patience + OWN_TIME)}. Give it longer with "health-timeout", or mend what the logs show.`,
      { cause: error2 }
    );
  });
}
async function composeRun(work, project, config, confidential, args, options) {
  const { progress, ...rest } = options;
  const argv = ["compose", "--project-name", project, "--file", "-", "--progress", progress, ...args];
  await work.run("docker", argv, {
    ...rest,
    stdin: JSON.stringify(config),
    env: {
      ...work.environment,
      ...work.engine.cli,
      ...Object.fromEntries(confidential),
      COMPOSE_PROFILES: "*"
    }
  });
}
function confidentialOf(work, id2) {
  const known = work.confidential.get(id2);
  if (known !== void 0) return known;
  const { confidential, origin } = releaseById(work, id2);
  if (confidential.length === 0) return /* @__PURE__ */ new Map();
  throw new ConfigurationError(
    `${work.engine.host}: the containers of release ${id2} are gone, and the contents of its secrets and configs are never kept on a host. Deploy that image again from a checkout of ${origin.revision ?? "its commit"} instead: input "image".`
  );
}

// src/target/judge.ts
var SETTLE_TIME = 2e3;
var CRASHES = 3;
var UNHARMED = { restarts: 0, end: void 0, mayCrashFor: 0 };
function judge(details, oneShot, runningFor, fate = UNHARMED) {
  if (details.state === "restarting" && fate.restarts >= CRASHES) {
    return fate.mayCrashFor > 0 ? { kind: "wait", recheckIn: fate.mayCrashFor } : { kind: "bad", why: `it crashes again and again: ${course(details, fate)}` };
  }
  if (details.state === "exited" || details.state === "dead") {
    return oneShot && details.exitCode === 0 ? { kind: "good" } : { kind: "bad", why: ending2(details) };
  }
  if (oneShot || details.state !== "running") return { kind: "wait" };
  switch (details.health?.status) {
    case "healthy":
      return { kind: "good" };
    case "unhealthy":
      return { kind: "bad", why: `its HEALTHCHECK fails: ${lastLine(details.health.lastOutput)}` };
    case "starting":
      return { kind: "wait" };
    default:
      return runningFor >= SETTLE_TIME ? { kind: "good" } : { kind: "wait", recheckIn: SETTLE_TIME - runningFor };
  }
}
function checksItself(details) {
  return details.health !== void 0 && details.health.status !== "none";
}
function stateOf2(details, fate = UNHARMED) {
  return [
    details.state,
    ...checksItself(details) ? [`HEALTHCHECK ${details.health?.status}`] : [],
    ...fate.restarts > 0 ? [course(details, fate)] : []
  ].join(", ");
}
function course(details, { restarts, end }) {
  const count3 = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  if (details.state === "running" && end === void 0) return count3;
  const oomKilled = details.oomKilled || end?.oomKilled === true;
  const exitCode = details.state === "running" ? end?.exitCode ?? 0 : details.exitCode;
  return `${ending2({ ...details, exitCode, oomKilled })}, ${count3}`;
}
function ending2(details) {
  const memory = details.oomKilled ? " (out of memory)" : "";
  const error2 = details.error === "" ? "" : `: ${details.error}`;
  return `it exited with code ${details.exitCode}${memory}${error2}`;
}
function lastLine(output) {
  return output.trim().split("\n").at(-1)?.trim() || "its command prints nothing";
}

// src/target/bell.ts
var Bell = class {
  #next = Promise.withResolvers();
  ring = () => this.#next.resolve();
  /** Resolves at the next ring, or at once if it rang since the last time. `within` milliseconds it rings by itself. */
  async rung(within) {
    const timer = within === void 0 ? void 0 : setTimeout(this.ring, within);
    await this.#next.promise;
    clearTimeout(timer);
    this.#next = Promise.withResolvers();
  }
};

// src/target/watched.ts
function watched(expectation2) {
  return {
    ...expectation2,
    bell: new Bell(),
    end: void 0,
    outOfMemory: false,
    answered: expectation2.ask === void 0,
    fit: void 0,
    failed: void 0
  };
}
function note(each2, { action, attributes }) {
  if (action === "oom") each2.outOfMemory = true;
  if (action !== "die") return;
  each2.end = { exitCode: Number(attributes["exitCode"]), oomKilled: each2.outOfMemory };
  each2.outOfMemory = false;
}
function fateOf(each2, details, mayCrashFor) {
  const restarts = Math.max(0, details.restartCount - each2.container.restartCount);
  return { restarts, end: each2.end, mayCrashFor };
}
async function withFate(each2, engine, error2) {
  const details = await engine.inspectContainer(each2.container.id).catch(() => each2.container);
  const fate = fateOf(each2, details, 0);
  if (fate.restarts === 0) return error2;
  const said3 = messageWithout(engine.host, error2);
  return new HostError(
    engine.host,
    `${each2.service} did not become healthy in time: ${course(details, fate)}. ${said3}`,
    { cause: error2 }
  );
}

// src/target/health.ts
var LAST_WORD = 3e3;
var MAY_CRASH = 1e4;
async function awaitHealthy(work, expectations, timeout, tolerate = {}) {
  const { engine } = work;
  const all3 = expectations.map(watched);
  const end = new AbortController();
  const over = new AbortController();
  const patience = new AbortController();
  const signal = AbortSignal.any([end.signal, work.signal, engine.lost]);
  const timers = [
    setTimeout(() => over.abort(), timeout),
    setTimeout(() => patience.abort(), timeout + LAST_WORD)
  ];
  for (const each2 of [signal, over.signal]) each2.addEventListener("abort", () => ringAll(all3));
  const pending = [];
  const begin = (what, of) => {
    const settled = what.catch((error2) => {
      if (of === void 0 || signal.aborted || !canDoWithout(of, all3, tolerate)) return end.abort(error2);
      of.failed = messageWithout(engine.host, error2);
      of.bell.ring();
    });
    pending.push(settled);
    return settled;
  };
  try {
    signal.throwIfAborted();
    const began = performance.now();
    const mayCrashFor = () => began + Math.min(MAY_CRASH, timeout / 4) - performance.now();
    const asked = all3.map((each2) => begin(ask(each2, engine, signal, patience.signal), each2));
    void begin(ringAt(await engine.events(filtersFor(expectations), signal), all3));
    await Promise.all(all3.map((each2) => begin(watch2(each2, engine, mayCrashFor, signal, over.signal), each2)));
    const unfit = all3.filter(({ fit, failed: failed5 }) => fit === void 0 && failed5 === void 0);
    if (unfit.length > 0) {
      await Promise.all(asked);
      signal.throwIfAborted();
      for (const each2 of unfit) {
        if (each2.failed !== void 0) continue;
        if (!canDoWithout(each2, all3, tolerate)) throw await timedOut(unfit, engine, timeout);
        each2.failed = `${each2.service} was not healthy within ${formatDuration(timeout)}`;
      }
    }
    return {
      well: all3.map(({ fit, failed: failed5 }) => failed5 === void 0 ? fit : void 0).filter((fit) => fit !== void 0),
      failed: all3.map(({ failed: failed5 }) => failed5).filter((failed5) => failed5 !== void 0)
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    end.abort();
    await Promise.all(pending);
  }
}
function canDoWithout(one, watched2, tolerate) {
  if (one.failed !== void 0) return true;
  const failed5 = watched2.filter((each2) => each2.service === one.service && each2.failed !== void 0);
  return failed5.length < (tolerate[one.service] ?? 0);
}
var filtersFor = (expectations) => ({
  type: ["container"],
  container: expectations.map(({ container }) => container.id),
  event: ["start", "die", "oom", "health_status"]
});
var ringAll = (watched2) => {
  for (const { bell } of watched2) bell.ring();
};
async function ringAt(events, watched2) {
  for await (const event of events) {
    const each2 = watched2.find(({ container }) => container.id === event.id);
    if (each2 === void 0) continue;
    note(each2, event);
    each2.bell.ring();
  }
}
async function ask(each2, engine, signal, patience) {
  if (each2.ask === void 0) return;
  try {
    await each2.ask(AbortSignal.any([signal, patience]));
    each2.answered = true;
    each2.bell.ring();
  } catch (error2) {
    if (patience.aborted) return;
    throw signal.aborted ? error2 : await withFate(each2, engine, error2);
  }
}
async function watch2(each2, engine, mayCrashFor, signal, over) {
  let start3;
  for (; ; ) {
    signal.throwIfAborted();
    if (each2.failed !== void 0) return;
    const details = await engine.inspectContainer(each2.container.id);
    if (start3?.at !== details.startedAt) start3 = { at: details.startedAt, seen: performance.now() };
    const proven = each2.ask !== void 0 && each2.answered && !each2.mustSettle;
    const settled = proven ? SETTLE_TIME : performance.now() - start3.seen;
    const verdict = judge(details, each2.oneShot, settled, fateOf(each2, details, mayCrashFor()));
    if (verdict.kind === "bad") {
      throw new HostError(engine.host, `${each2.service} did not become healthy: ${verdict.why}`);
    }
    each2.fit = verdict.kind === "good" && (each2.answered || checksItself(details)) ? details : void 0;
    if (each2.fit !== void 0 || over.aborted) return;
    await each2.bell.rung(verdict.kind === "wait" ? verdict.recheckIn : void 0);
  }
}
async function timedOut(unfit, engine, timeout) {
  const states = await Promise.all(
    unfit.map(async (each2) => {
      const details = await engine.inspectContainer(each2.container.id);
      return `${each2.service}: ${stateOf2(details, fateOf(each2, details, 0))}`;
    })
  );
  return new HostError(
    engine.host,
    `not healthy within ${formatDuration(timeout)} (${[...new Set(states)].join("; ")}). Give it longer with "health-timeout", or mend what its logs show.`
  );
}

// src/target/inspect.ts
async function inspectAll(engine, containers2) {
  const found = await Promise.all(
    containers2.map(async ({ id: id2 }) => {
      try {
        return await engine.inspectContainer(id2);
      } catch (error2) {
        if (error2 instanceof NotFound) return void 0;
        throw error2;
      }
    })
  );
  return found.filter((details) => details !== void 0);
}

// src/target/labels.ts
var SERVICE = "com.docker.compose.service";
function serviceOf(container) {
  return container.labels[SERVICE];
}
function isOneOff(container) {
  return container.labels["com.docker.compose.oneoff"] === "True";
}
var NUMBER = "com.docker.compose.container-number";
function numberOf(container) {
  const { [NUMBER]: number = "1" } = container.labels;
  return Number.parseInt(number, 10);
}

// src/target/accessories.ts
async function bringUpAccessories(work, id2, services, anew = []) {
  const release = releaseById(work, id2);
  await makeObjects(work, release);
  const missing2 = services.filter((name) => !anew.includes(name));
  if (missing2.length > 0) await up(work, release, ["--no-recreate", ...missing2]);
  if (anew.length > 0) await up(work, release, ["--force-recreate", "--no-deps", ...anew]);
  await awaitAccessories(work, release, [...missing2, ...anew], anew);
  return anew.length === 0 ? void 0 : `${anew.join(", ")} made anew`;
}
function up(work, release, args) {
  return compose(
    work,
    baseProject(release),
    renderBase(release),
    contentsFor(work, release),
    ["up", "--detach", "--no-build", ...args],
    release.health.timeout
  );
}
function contentsFor(work, release) {
  const known = work.confidential.get(release.id);
  if (known !== void 0) return known;
  const others = [...work.confidential.values()];
  const needed = variablesFor(release.base, Object.keys(release.base.services));
  const stand = others.find((contents) => needed.every((name) => contents.has(name)));
  return stand ?? (needed.length === 0 ? /* @__PURE__ */ new Map() : confidentialOf(work, release.id));
}
async function makeObjects(work, release) {
  const { volumes } = baseObjects(release);
  await Promise.all([
    makeMissingNetworks(work, release),
    ...volumes.map((volume) => work.engine.createVolume(volume))
  ]);
}
async function makeMissingNetworks(work, release) {
  const there = new Set((await work.engine.listNetworks([])).map((network) => network.name));
  const missing2 = baseObjects(release).networks.filter((network) => !there.has(network.Name));
  await Promise.all(missing2.map((network) => createNetwork(work, network)));
}
async function createNetwork(work, spec) {
  try {
    await work.engine.createNetwork(spec);
  } catch (error2) {
    if (!(error2 instanceof Conflict)) throw error2;
  }
}
async function awaitAccessories(work, release, services, anew) {
  const conditions = new Map(
    release.conditions.filter(({ service, condition }) => services.includes(service) && condition !== "service_started").map(({ service, condition }) => [service, condition])
  );
  if (conditions.size === 0 && anew.length === 0) return;
  const containers2 = await accessoryContainers(work);
  const expectations = containers2.flatMap((container) => {
    const service = serviceOf(container) ?? "";
    const condition = conditions.get(service);
    const replaced2 = anew.includes(service) && (checksItself(container) || staysUp(release, service));
    if (condition === void 0 && !replaced2) return [];
    const oneShot = condition === "service_completed_successfully";
    return [{ container, service, oneShot, ask: void 0, mustSettle: true }];
  });
  if (expectations.length > 0) await awaitHealthy(work, expectations, release.health.timeout);
}
function staysUp(release, name) {
  const restart = text2(object2(release.base.services[name])["restart"]);
  return restart === "always" || restart === "unless-stopped";
}
async function accessoryContainers(work) {
  const mine = await work.engine.listContainers([`com.docker.compose.project=${baseProject(work.of)}`]);
  return inspectAll(
    work.engine,
    mine.filter((each2) => each2.labels[LABEL.release] === void 0 && !isOneOff(each2))
  );
}
async function checkExternals(engine, release) {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [there, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => [name, await engine.inspectVolume(name)]))
  ]);
  const known = new Set(there.map((network) => network.name));
  const missing2 = [
    ...networks.filter((name) => !known.has(name)).map((name) => `network create ${name}`),
    ...found.filter(([, volume]) => volume === void 0).map(([name]) => `volume create ${name}`)
  ];
  if (missing2.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file calls external what is not there. Make it on the host (${missing2.map((each2) => `docker ${each2}`).join("; ")}), or leave "external" out.`
  );
}

// src/edge/config.ts
import { createHash as createHash4 } from "node:crypto";

// src/edge/caddy.ts
var ADMIN = "127.0.0.1:2019";
var admin = { listen: ADMIN, config: { persist: false } };
var noAutomaticHttps = { disable: true };
var hop = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };
function text4(status2, body2, headers = {}) {
  return {
    handler: "static_response",
    status_code: status2,
    headers: { "Content-Type": ["text/plain; charset=utf-8"], ...headers },
    body: `${body2}
`
  };
}
function proxy({ to, transport, retries, headers }) {
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
var holdSmallBody = {
  match: [{ header_regexp: { "Content-Length": { pattern: "^[0-9]{1,5}$" } } }],
  handle: [{ handler: "vars", body: "{http.request.body}" }]
};
var once = { request: { delete: ["Via"] }, response: { delete: ["Via"] } };

// src/edge/layout.ts
var STATE = "/sealift";
var EDGE_FOLDER = `${STATE}/edge`;
var SPLIT_FILE = `${EDGE_FOLDER}/split`;
var CONFIG_FILE = `${EDGE_FOLDER}/caddy.json`;
var UPSTREAMS = 24;
var SOCKETS = "/run/edge";
var FRONT_MOUNT = "/front";
var FRONT_VOLUME = "sealift-front";
var ALL_TO = { blue: "0", green: "g" };
var BUCKETS = 2 ** 32;
var DIVISION = "([0-9a-f]{8}) (blue|green)";
function splitFor(slot, share) {
  if (share >= 1) return ALL_TO[slot];
  if (share <= 0) return ALL_TO[otherSlot(slot)];
  const boundary = Math.min(BUCKETS - 1, Math.max(1, Math.round(share * BUCKETS)));
  return `${boundary.toString(16).padStart(8, "0")} ${slot}`;
}
function canaryIn(split) {
  const slot = new RegExp(`^${DIVISION}$`).exec(split)?.[2];
  return SLOTS.find((each2) => each2 === slot);
}
var fileName = (path) => path.slice(path.lastIndexOf("/") + 1);
var stateVolume = (of) => `${baseProject(of)}-sealift`;
var addressFile = (slot, route, index) => `${EDGE_FOLDER}/${slot}.${route}.${index}`;
var releaseFile = (slot) => `${EDGE_FOLDER}/${slot}.release`;
var innerServer = (slot, route) => `${slot}.${route}`;
var innerSocket = (slot, route) => socketPath(`${SOCKETS}/${innerServer(slot, route)}`);
var routeFolder = (of, route) => `${FRONT_MOUNT}/apps/${baseProject(of)}.${route}`;
var routeSocket = (of, route) => socketPath(`${routeFolder(of, route)}/s`);
var LONGEST_SOCKET = 107;
function socketPath(path) {
  if (Buffer.byteLength(path) <= LONGEST_SOCKET) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${LONGEST_SOCKET} characters: ${path}. Give the service, the app or the environment a shorter name.`
  );
}
var DOMAINS = `${FRONT_MOUNT}/domains`;
var LONGEST_DOMAIN = LONGEST_SOCKET - `${DOMAINS}//s`.length;

// src/edge/probe-server.ts
var PROBE = "127.0.0.1:2020";
var TARGET_HEADER = "Sealift-Target";
var HOST_HEADER = "Sealift-Host";
var probeServer = {
  listen: [PROBE],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: "reverse_proxy",
          upstreams: [{ dial: `{http.request.header.${TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${HOST_HEADER}}`], "User-Agent": ["sealift-health"] },
              delete: [TARGET_HEADER, HOST_HEADER]
            }
          },
          transport: {
            protocol: "http",
            dial_timeout: "2s",
            response_header_timeout: "5s",
            keep_alive: { enabled: false }
          },
          handle_response: [{ routes: [{ handle: [text4(200, "{http.reverse_proxy.status_code}")] }] }]
        }
      ]
    }
  ],
  errors: { routes: [{ handle: [text4(200, "{http.error.message}")] }] }
};

// src/edge/divided.ts
var CHOICE_HEADER = "Sealift-Release";
var choiceCookie = (of) => `sealift-release-${baseProject(of)}`;
var bucketCookie = (of) => `rel_${baseProject(of)}`;
function divided({ of, secure, to }) {
  const bucket = cookie(bucketCookie(of), "[0-9a-f]{8}");
  const first = "{http.vars.bucket} < {http.regexp.division.1}";
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  const routes = [
    ...chosen(of, to),
    { match: [matches(bucket, "own")], handle: [{ handler: "vars", bucket: "{http.regexp.own.1}" }] },
    {
      match: [{ not: [matches(bucket)] }],
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
            add: { "Set-Cookie": [`${bucketCookie(of)}={http.vars.bucket}; ${attributes}`] }
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
      match: [{ vars_regexp: { split: { name: "division", pattern: `^${DIVISION}$` } } }],
      handle: [{ handler: "subroute", routes }]
    }
  ];
}
function chosen(of, to) {
  const choice2 = "{http.vars.choice}";
  const is = (slot, other) => [
    `${choice2} == {http.vars.${slot}}`,
    `(${choice2} == "new" && {http.vars.canary} == "${slot}")`,
    `(${choice2} == "old" && {http.vars.canary} == "${other}")`
  ].join(" || ");
  return [
    {
      handle: [
        {
          handler: "vars",
          choice: "none",
          canary: "{http.regexp.division.2}",
          blue: file(releaseFile("blue")),
          green: file(releaseFile("green"))
        }
      ]
    },
    // The header is asked last, so it holds over the cookie.
    ...[cookie(choiceCookie(of), CHOICE), { header: CHOICE_HEADER, pattern: `^(${CHOICE})$` }].map(
      (asked, index) => ({
        match: [matches(asked, `choice${index}`)],
        handle: [{ handler: "vars", choice: `{http.regexp.choice${index}.1}` }]
      })
    ),
    { match: [{ expression: is("green", "blue") }], handle: [to("green")] },
    { match: [{ expression: is("blue", "green") }], handle: [to("blue")] }
  ];
}
var CHOICE = "new|old|[0-9a-f]{8}";
var file = (path) => `{file.${path}}`;
var cookie = (name, value) => ({
  header: "Cookie",
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`
});
var matches = ({ header, pattern }, name) => ({
  header_regexp: { [header]: { ...name === void 0 ? {} : { name }, pattern } }
});

// src/edge/public-server.ts
function publicServer(of, route) {
  const listen = [
    ...route.published.length > 0 ? [`:${route.port}`] : [],
    ...route.socket ? [`unix/${routeSocket(of, route.id)}|0600`] : []
  ];
  return {
    listen,
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ["h1", "h2c"],
    ...hop,
    routes: [
      {
        handle: [
          {
            handler: "subroute",
            routes: [
              // Before the slot is chosen: the body may take longer than the slot's release has left to live.
              holdSmallBody,
              { handle: [{ handler: "vars", split: `{file.${SPLIT_FILE}}` }] },
              { match: [{ vars: { split: [ALL_TO.green] } }], handle: [toSlot("green", route.id)] },
              ...divided({
                of,
                secure: of.routes.every(({ published }) => published.length === 0),
                to: (slot) => toSlot(slot, route.id)
              }),
              { handle: [toSlot("blue", route.id)] }
            ]
          }
        ]
      }
    ]
  };
}
function toSlot(slot, route) {
  return proxy({
    to: [`unix/${innerSocket(slot, route)}`],
    transport: { keep_alive: { max_idle_conns_per_host: 256 } },
    headers: once
  });
}

// src/edge/slot-server.ts
function slotServer(slot, route) {
  const first = `{file.${addressFile(slot, route, 0)}}`;
  const upstreams = Array.from(
    { length: UPSTREAMS },
    (_, index) => `{file.${addressFile(slot, route, index)}}`
  );
  const toRelease = proxy({
    to: upstreams,
    // Idle connections are given up before apps do so themselves (gunicorn after 2 s, Node after 5 s): a request sent into a
    // connection that is just being closed is lost.
    transport: { dial_timeout: "2s", keep_alive: { idle_timeout: "1s", max_idle_conns_per_host: 256 } },
    retries: retryUnsent,
    headers: once
  });
  return {
    listen: [`unix/${innerSocket(slot, route)}|0600`],
    protocols: ["h1"],
    ...hop,
    routes: [
      {
        match: [{ vars: { [first]: [""] } }],
        handle: [text4(503, "No release is running here yet.", { "Retry-After": ["5"] })]
      },
      // One route, so that a request counts once in the metrics.
      { handle: [{ handler: "subroute", routes: [holdSmallBody, { handle: [toRelease] }] }] }
    ],
    errors: {
      routes: [
        {
          handle: [
            text4("{http.error.status_code}", "The release answers no requests: {http.error.status_text}.")
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

// src/edge/config.ts
var LAYOUT = 3;
var FIRST_PORT = 8e3;
function edgeFingerprint(spec) {
  const routes = inOrder(spec.routes).map(({ id: id2, published, socket }) => [
    id2,
    published.map(hostAddress).sort(),
    socket
  ]);
  const digest3 = createHash4("sha256").update(JSON.stringify(routes)).digest("hex");
  return `${LAYOUT}-${digest3.slice(0, 16)}`;
}
function listening(spec) {
  return inOrder(spec.routes).map((route, index) => ({ ...route, port: FIRST_PORT + index }));
}
function inOrder(routes) {
  return [...routes].sort((one, other) => one.id < other.id ? -1 : 1);
}
function edgeConfig(spec) {
  const routes = listening(spec);
  const servers = [
    ...routes.map((route) => [`public.${route.id}`, publicServer(spec, route)]),
    ...routes.flatMap(
      ({ id: id2 }) => SLOTS.map((slot) => [innerServer(slot, id2), slotServer(slot, id2)])
    ),
    ["probe", probeServer]
  ];
  return { admin, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}

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
var CLAIM = {
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
async function setDomains(engine, front, of, domains) {
  checkDomains([...domains.keys()]);
  const pairs2 = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM, [DOMAINS, baseProject(of), ...pairs2]);
  const taken = printed.split("\n").filter((line) => line.startsWith("taken "));
  const owners = taken.map((line) => line.split(" ").slice(1));
  checkOwners(engine.host, of, new Map(owners.map(([domain, owner]) => [domain ?? "", owner ?? ""])), [
    ...domains.keys()
  ]);
}
function checkOwners(host, of, owners, domains) {
  checkDomains(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === void 0 || owner === baseProject(of)) continue;
    throw new ConfigurationError(
      `${host}: the domain ${domain} already leads to ${owner}. Take it away there first, or remove it from "domains".`
    );
  }
}
async function readDomains(engine, front) {
  const files = await engine.readFiles(front, DOMAINS);
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file2] = path.split("/").slice(-2);
    const [owner] = content.toString("utf8").split(" ");
    return file2 === "owner" && domain !== void 0 && owner !== void 0 ? [[domain, owner]] : [];
  });
  return new Map(owners);
}
function checkDomains(domains) {
  for (const domain of domains) {
    if (domain.length > LONGEST_DOMAIN) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${LONGEST_DOMAIN}: they are part of the path of a socket, which Linux limits.`
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`
      );
    }
  }
}
function onlyOwn(host, of, domains, why2) {
  const others = [...domains].filter(([, owner]) => owner !== baseProject(of));
  if (others.length === 0) return;
  const names = [...new Set(others.map(([, owner]) => owner))].join(", ");
  throw new HostError(host, `${why2} It serves domains of ${names} too, so it is left as it is.`);
}

// src/edge/container.ts
function caddyContainer(of) {
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
        Object.entries(of.ports).map(([port, hosts2]) => [
          port,
          hosts2.map((host) => ({ HostIp: host.address ?? "", HostPort: String(host.port) }))
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
var AWAIT = `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5; do
    wget -q -T 2 -O /dev/null "http://$1/config/admin/listen" 2>/dev/null && exit 0
    sleep 0.05
  done
  sleep 0.25
done
wget -T 2 -O /dev/null "http://$1/config/admin/listen"
`;
async function awaitCaddy(engine, id2, what) {
  let said3;
  try {
    const { exitCode, stdout, stderr } = await engine.exec(id2, ["sh", "-c", AWAIT, "await", ADMIN]);
    if (exitCode === 0) return;
    said3 = `${stdout}${stderr}`.trim();
  } catch (error2) {
    if (engine.lost.aborted) throw error2;
    said3 = messageOf(error2);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id2), engine.containerLogs(id2, 10)]);
  const state = details.state === "running" ? "runs" : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `${what} does not come up (${state}). Is edge-image a Caddy 2.10 or later?`,
    {
      evidence: [said3, ...logs]
    }
  );
}

// src/edge/socket-table.ts
import { isIPv4, isIPv6 } from "node:net";
function inSocketTable(address) {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : isIPv6(address) ? bytesOf(address) : void 0;
  if (bytes === void 0) return void 0;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString("hex").toUpperCase()).join("");
}
function bytesOf(address) {
  const [head = "", tail] = address.split("::");
  const groups = (text5) => text5 === "" ? [] : text5.split(":").map((group2) => Number.parseInt(group2, 16));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const missing2 = tail === void 0 ? 0 : 8 - first.length - last.length;
  return [...first, ...Array(missing2).fill(0), ...last].flatMap((group2) => [group2 >> 8, group2 & 255]);
}

// src/edge/drain.ts
var DRAIN = {
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
async function drain2(engine, edge, slot, timeout, signal) {
  return count2(engine, edge, [slot], [], timeout, signal);
}
async function drainAddresses(engine, edge, addresses, timeout, signal) {
  const meant2 = addresses.map(inSocketTable).filter((each2) => each2 !== void 0);
  return meant2.length === 0 ? 0 : count2(engine, edge, SLOTS, meant2, timeout, signal);
}
async function count2(engine, edge, slots, addresses, timeout, signal) {
  const args = [String(Math.ceil(timeout / 10)), ADMIN, slots.join(" "), addresses.join(" ")];
  const printed = await runScript(engine, edge, DRAIN, args, signal);
  const left2 = Number.parseInt(printed, 10);
  if (Number.isNaN(left2))
    throw new HostError(engine.host, `drain answered "${printed.trim()}" instead of a number.`);
  return left2;
}

// src/edge/networks.ts
var filtersOf = (labels3) => Object.entries(labels3).map(([key, value]) => `${key}=${value}`);
async function ensureSlotNetworks(engine, of) {
  await Promise.all(
    SLOTS.map(
      (slot) => ensureNetwork(engine, slotNetwork(of, slot), { ...labelsOf(of), [LABEL.slot]: slot })
    )
  );
}
async function ensureNetwork(engine, name, labels3) {
  const known = await engine.listNetworks(filtersOf(labels3));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: "bridge", Labels: labels3 });
}
async function ensureStateVolume(engine, of) {
  await engine.createVolume({ Name: stateVolume(of), Labels: labelsOf(of) });
}

// src/edge/ports.ts
async function explainTakenPort(engine, error2, ports) {
  const said3 = messageOf(error2);
  if (!/port is already allocated|address already in use/i.test(said3)) return error2;
  const port = takenPort(said3, ports);
  const holder = port === void 0 ? void 0 : holderOf(port, await engine.listContainers([]));
  const message = port === void 0 ? `one of the ports ${ports.join(", ")} is already taken.` : `port ${port} is already taken by ${holder === void 0 ? "a program outside Docker" : `container "${holder}"`}.`;
  const look = holder === void 0 ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ""}'" on the host shows which.` : "";
  return new HostError(
    engine.host,
    `${message} Stop it, or publish another port in the Compose file.${look}`,
    {
      evidence: [said3],
      cause: error2
    }
  );
}
function takenPort(said3, ports) {
  const named = [...said3.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : void 0);
}
function holderOf(port, containers2) {
  return containers2.find((container) => container.ports.some((held) => held.port === port))?.name;
}

// src/edge/addresses.ts
function slotFiles(slot, addresses) {
  const files = /* @__PURE__ */ new Map();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0) throw new ConfigurationError(`${route} has no container to send requests to.`);
    if (replicas.length > UPSTREAMS) {
      throw new ConfigurationError(
        `${route} has ${replicas.length} replicas; the edge sends requests to ${UPSTREAMS} at most.`
      );
    }
    for (let index = 0; index < UPSTREAMS; index++) {
      files.set(fileName(addressFile(slot, route, index)), replicas[index % replicas.length] ?? "");
    }
  }
  return files;
}
function mixed(some2, others, share) {
  const has = (route, of) => (of.get(route)?.length ?? 0) > 0;
  const routes = /* @__PURE__ */ new Set([...some2.keys(), ...[...others.keys()].filter((route) => has(route, others))]);
  const part = Math.min(UPSTREAMS - 1, Math.max(1, Math.round(UPSTREAMS * share)));
  return new Map(
    [...routes].map((route) => {
      const [ours, theirs] = [some2.get(route) ?? [], others.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]];
      const entries = Array.from({ length: UPSTREAMS }, (_, index) => {
        const before = Math.floor(index * part / UPSTREAMS);
        const isTheirs = Math.floor((index + 1) * part / UPSTREAMS) > before;
        const [list4, at] = isTheirs ? [theirs, before] : [ours, index - before];
        return list4[at % list4.length] ?? "";
      });
      return [route, entries];
    })
  );
}

// src/edge/state.ts
async function writeState(engine, id2, spec, whereStands) {
  const files = whereStands === void 0 ? [] : await engine.readFiles(id2, EDGE_FOLDER);
  const there = new Map(
    [...files].map(([path, content]) => [fileName(path), content.toString("utf8").trim()])
  );
  const standing3 = whereStands === void 0 ? [] : await standingFiles(there, whereStands);
  const wanted = new Map([...initialState(spec), ...standing3]);
  const lacking = [...wanted].filter(([path, content]) => {
    const known = there.get(fileName(path));
    return known === void 0 || known === "" && content !== "";
  });
  const config = [CONFIG_FILE, JSON.stringify(edgeConfig(spec))];
  await engine.writeFiles(id2, STATE, below(STATE, [...lacking, config]));
  const folders = spec.routes.filter((route) => route.socket).map((route) => [`${routeFolder(spec, route.id)}/.keep`, ""]);
  if (folders.length > 0) await engine.writeFiles(id2, FRONT_MOUNT, below(FRONT_MOUNT, folders));
}
async function standingFiles(there, whereStands) {
  const files = await Promise.all(
    SLOTS.map(async (slot) => {
      const release = there.get(fileName(releaseFile(slot))) ?? "";
      return release === "" ? [] : [...slotFiles(slot, await whereStands(release))];
    })
  );
  return files.flat().map(([name, address]) => [`${EDGE_FOLDER}/${name}`, `${address}
`]);
}
function initialState(spec) {
  const addresses = SLOTS.flatMap(
    (slot) => spec.routes.flatMap(
      ({ id: id2 }) => Array.from({ length: UPSTREAMS }, (_, index) => [addressFile(slot, id2, index), ""])
    )
  );
  const releases2 = SLOTS.map((slot) => [releaseFile(slot), ""]);
  return new Map([[SPLIT_FILE, `${ALL_TO.blue}
`], ...releases2, ...addresses]);
}
function below(folder, files) {
  return new Map(files.map(([path, content]) => [path.slice(folder.length + 1), { content, mode: 420 }]));
}

// src/edge/edge.ts
var labels = (of) => ({ ...labelsOf(of), [LABEL.role]: "edge" });
async function observeEdge(engine, of) {
  return edgeState(await edgesOf(engine, of));
}
function edgeState(containers2) {
  const edges = containers2.filter((container) => container.labels[LABEL.role] === "edge");
  const edge = edges.find((container) => container.state === "running") ?? edges[0];
  if (edge === void 0) return { state: "absent" };
  return {
    state: edge.state === "running" ? "running" : "stopped",
    containerId: edge.id,
    fingerprint: edge.labels[LABEL.edge] ?? ""
  };
}
var edgesOf = (engine, of) => engine.listContainers(filtersOf(labels(of)));
async function ensureEdge(engine, spec, image, whereStands) {
  const fingerprint2 = edgeFingerprint(spec);
  const found = await edgesOf(engine, spec);
  const right = found.find((edge) => edge.labels[LABEL.edge] === fingerprint2);
  const others = found.filter((edge) => edge !== right);
  if (right?.state === "running") {
    await awaitCaddy(engine, right.id, `The edge ${right.name}`);
    await removeAll(engine, others);
    return right.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  if (right !== void 0) await engine.removeContainer(right.id, { force: true });
  const name = freeName2(spec, others);
  const id2 = await engine.createContainer(name, edgeContainer(spec, image));
  await takeOver(engine, spec, { id: id2, name, whereStands }, others);
  return id2;
}
var LONGEST_GOODBYE = 1e4;
async function takeOver(engine, spec, {
  id: id2,
  name,
  whereStands
}, others) {
  const before = others.filter((edge) => edge.state === "running");
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  const beside = !before.some((edge) => edge.ports.some(({ port }) => ports.includes(port)));
  try {
    await writeState(engine, id2, spec, whereStands);
    if (!beside) for (const edge of before) await engine.stopContainer(edge.id);
    await engine.startContainer(id2);
    await awaitCaddy(engine, id2, `The edge ${name}`);
  } catch (error2) {
    if (engine.lost.aborted) throw error2;
    throw await bringAllBack(engine, before, id2, await explained4(engine, error2, ports));
  }
  if (beside) for (const edge of before) await finishRequests(engine, edge);
  await removeAll(engine, others);
}
async function explained4(engine, error2, ports) {
  return explainTakenPort(engine, error2, ports).catch(() => error2);
}
async function bringAllBack(engine, before, id2, why2) {
  const failures = [];
  for (const step2 of [
    () => engine.removeContainer(id2, { force: true }),
    ...before.map((edge) => () => bringBack(engine, edge))
  ]) {
    await step2().catch((error2) => failures.push(messageWithout(engine.host, error2)));
  }
  if (failures.length === 0) return why2;
  const message = `${messageWithout(engine.host, why2)} And what was before could not be put back: ${failures.join(" · ")}`;
  return new HostError(engine.host, message, { cause: why2 });
}
async function bringBack(engine, edge) {
  await engine.stopContainer(edge.id);
  await engine.startContainer(edge.id);
  await awaitCaddy(engine, edge.id, `The former edge ${edge.name}`);
}
async function finishRequests(engine, edge) {
  for (const slot of SLOTS) await drain2(engine, edge.id, slot, LONGEST_GOODBYE);
}
async function removeEdge(engine, of) {
  const edges = await edgesOf(engine, of);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeAll(engine, edges);
}
async function removeAll(engine, edges) {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}
function freeName2(of, others) {
  const name = `${baseProject(of)}-edge`;
  return others.some((edge) => edge.name === name) ? `${name}-2` : name;
}
function edgeContainer(spec, image) {
  const sockets = spec.routes.some((route) => route.socket);
  const published = listening(spec).filter((route) => route.published.length > 0);
  return caddyContainer({
    image,
    config: CONFIG_FILE,
    scratch: SOCKETS,
    labels: { ...labels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: SLOTS.map((slot) => slotNetwork(spec, slot)),
    volumes: { [stateVolume(spec)]: STATE, ...sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {} },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published]))
  });
}
function runningEdge(engine, state) {
  if (state.state === "running") return state.containerId;
  throw new HostError(engine.host, `the edge is ${state.state}, so traffic can't be moved.`);
}

// src/edge/front.ts
import { createHash as createHash5 } from "node:crypto";

// src/edge/front-config.ts
var CA_FILE = "/data/acme-ca.pem";
var LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
var PERMISSION = "127.0.0.1:2021";
var HOST_NAME = "^[a-z0-9-]+(\\.[a-z0-9-]+)*$";
function frontConfig(acme) {
  const servers = { http: httpServer, https: httpsServer, permission: permissionServer };
  return {
    admin,
    apps: {
      http: { metrics: {}, servers },
      tls: {
        automation: {
          policies: [{ on_demand: true, issuers: [issuer(acme)] }],
          // A certificate for a name that is not a domain here is never asked for: its handshake is refused.
          on_demand: { permission: { module: "http", endpoint: `http://${PERMISSION}/` } }
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
var notHere = text4(404, "No app has this domain here.");
var unlessDomain = (name, otherwise) => [
  {
    match: [{ not: [{ vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME } } }] }],
    handle: [otherwise],
    terminal: true
  },
  {
    match: [{ not: [{ file: { root: DOMAINS, try_files: [`/{${name}}/owner`] } }] }],
    handle: [otherwise],
    terminal: true
  }
];
var httpServer = {
  listen: [":80"],
  protocols: ["h1", "h2c"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain("http.request.host", notHere),
    {
      handle: [
        text4(308, "This site is on HTTPS.", { Location: ["https://{http.request.host}{http.request.uri}"] })
      ]
    }
  ]
};
var httpsServer = {
  listen: [":443"],
  ...hop,
  tls_connection_policies: [{}],
  routes: [
    ...unlessDomain("http.request.host", notHere),
    holdSmallBody,
    {
      handle: [
        proxy({
          to: [`unix/${DOMAINS}/{http.request.host}/s`],
          // A kept connection would lead to an edge that is gone, or that another one has replaced.
          transport: { keep_alive: { enabled: false } },
          // While an app's edge is being replaced or comes back after a crash, requests wait for it.
          retries: { try_duration: "5s", try_interval: "50ms", retry_match: [{ not: [{}] }] },
          headers: once
        })
      ]
    }
  ],
  errors: {
    routes: [{ handle: [text4("{http.error.status_code}", "The app behind this domain does not answer.")] }]
  }
};
var permissionServer = {
  listen: [PERMISSION],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain("http.request.uri.query.domain", notHere),
    { handle: [text4(200, "It is a domain here.")] }
  ]
};

// src/edge/front.ts
var FRONT_CONTAINER = "sealift-front";
var NETWORK = "sealift-front";
var DATA_VOLUME = "sealift-front-data";
var DATA = "/data";
var CONFIG = `${DATA}/sealift.json`;
var PORTS = [80, 443];
var LAYOUT2 = 1;
var labels2 = { [LABEL.role]: "front" };
var FINGERPRINT2 = "sealift.front";
async function observeFront(engine) {
  const found = await engine.listContainers([`${LABEL.role}=front`]);
  return found.find((container) => container.name === FRONT_CONTAINER);
}
async function ensureFront(engine, of, image, acme) {
  const found = await observeFront(engine);
  if (found !== void 0) {
    const kept = await keep(engine, of, acme, found);
    if (kept) return found.id;
    await engine.stopContainer(found.id);
    await engine.removeContainer(found.id, { force: true });
  }
  await ensureNetwork(engine, NETWORK, labels2);
  for (const Name of [FRONT_VOLUME, DATA_VOLUME]) await engine.createVolume({ Name, Labels: labels2 });
  return create(engine, image, acme);
}
async function keep(engine, of, acme, found) {
  const same = found.labels[FINGERPRINT2] === fingerprint(acme);
  const sameAuthority = found.labels[AUTHORITY] === authority(acme);
  const domains = same ? /* @__PURE__ */ new Map() : await readDomains(engine, found.id);
  if (!sameAuthority)
    onlyOwn(engine.host, of, domains, `${FRONT_CONTAINER} gets its certificates elsewhere than "acme" says.`);
  const alone2 = [...domains.values()].every((owner) => owner === `${of.app}-${of.environment}`);
  if (!same && alone2) return false;
  if (found.state !== "running") await start(engine, found.id);
  return true;
}
async function create(engine, image, acme) {
  let id2;
  try {
    id2 = await engine.createContainer(FRONT_CONTAINER, frontContainer(image, acme));
  } catch (error2) {
    const other = error2 instanceof Conflict ? await observeFront(engine) : void 0;
    if (other === void 0) throw error2;
    await start(engine, other.id);
    return other.id;
  }
  try {
    const ca = acme.ca === void 0 ? [] : [[CA_FILE, acme.ca]];
    const files = [...ca, [CONFIG, JSON.stringify(frontConfig(acme))]];
    await engine.writeFiles(
      id2,
      DATA,
      new Map(files.map(([path, content]) => [path.slice(DATA.length + 1), { content, mode: 384 }]))
    );
    const folders = ["apps/.keep", "domains/.keep"].map((path) => [path, { content: "" }]);
    await engine.writeFiles(id2, FRONT_MOUNT, new Map(folders));
    await start(engine, id2);
  } catch (error2) {
    if (!engine.lost.aborted) await engine.removeContainer(id2, { force: true });
    throw error2;
  }
  return id2;
}
async function start(engine, id2) {
  try {
    await engine.startContainer(id2);
  } catch (error2) {
    const why2 = await explainTakenPort(engine, error2, PORTS);
    if (why2 === error2) throw error2;
    throw new HostError(
      engine.host,
      `"domains" needs ports 80 and 443. ${why2 instanceof Error ? why2.message : ""}`,
      { cause: why2 }
    );
  }
  await awaitCaddy(engine, id2, FRONT_CONTAINER);
}
async function removeUnusedFront(engine) {
  const found = await observeFront(engine);
  if (found === void 0 || (await readDomains(engine, found.id)).size > 0) return false;
  await engine.stopContainer(found.id);
  await engine.removeContainer(found.id, { force: true });
  return true;
}
var AUTHORITY = "sealift.front.acme";
var authority = ({ directory, ca }) => digest2([directory ?? null, ca ?? null]);
var fingerprint = (acme) => digest2([LAYOUT2, authority(acme), acme.email ?? null]);
function digest2(of) {
  return createHash5("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);
}
function frontContainer(image, acme) {
  const published = (port) => [
    { address: void 0, port }
  ];
  return caddyContainer({
    image,
    config: CONFIG,
    scratch: "/run/front",
    labels: { ...labels2, [FINGERPRINT2]: fingerprint(acme), [AUTHORITY]: authority(acme) },
    networks: [NETWORK],
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [DATA_VOLUME]: DATA },
    ports: { "80/tcp": published(80), "443/tcp": published(443), "443/udp": published(443) },
    env: { XDG_DATA_HOME: DATA }
  });
}

// src/edge/probe.ts
var ASK = {
  name: "probe",
  text: `
set -u
server=$1; path=$2; host=$3; limit=$4; shift 4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
end=$(( $(now) + limit ))
ask() {
  if [ -n "$path" ]; then
    wget -q -T 10 -O - --header "${TARGET_HEADER}: $1" --header "${HOST_HEADER}: $host" "http://$server$path" 2>&1
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
var ROUND = 1e4;
async function probe(engine, edge, targets, options) {
  const path = checkPath(options.path);
  const answers2 = /* @__PURE__ */ new Map();
  const end = performance.now() + options.timeout;
  for (; ; ) {
    const open2 = targets.filter((target) => answers2.get(target)?.ok !== true);
    if (open2.length === 0) return answers2;
    const left2 = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left2, ROUND) / 10));
    const args = [PROBE, path, options.host ?? "localhost", limit, ...open2];
    for (const [target, answer] of readAnswers(await runScript(engine, edge, ASK, args, options.signal))) {
      answers2.set(target, answer);
    }
    if (performance.now() >= end) break;
  }
  for (const target of targets)
    if (!answers2.has(target)) answers2.set(target, { ok: false, failure: "no answer" });
  return answers2;
}
function checkPath(path) {
  if (path === void 0) return "";
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path such as /up. It begins with "/" and has no spaces.`
  );
}
function readAnswers(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), readAnswer(line.slice(space + 1).trim())];
    })
  );
}
function readAnswer(said3) {
  if (said3 === "open" || /^[23]\d\d$/.test(said3)) return { ok: true };
  return { ok: false, failure: /^\d{3}$/.test(said3) ? `answered ${said3}` : said3 || "no answer" };
}

// src/edge/stand-in.ts
function standIn(routes, release, addresses) {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(counterpart(route, release)?.id ?? "") ?? [];
      return found.length === 0 ? [] : [[route.id, found]];
    })
  );
}

// src/release/order.ts
function startRounds(release, services) {
  if (release === void 0) return [services];
  const rounds = [];
  const placed2 = /* @__PURE__ */ new Set();
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter(
      (name) => needs(release, name).every((other) => placed2.has(other) || !rest.includes(other))
    );
    const round = ready.length > 0 ? ready : rest;
    for (const name of round) placed2.add(name);
    rounds.push(round);
    rest = rest.filter((name) => !placed2.has(name));
  }
  return rounds;
}
function needs(release, name) {
  const dependsOn = release.compose.services[name]?.["depends_on"];
  return typeof dependsOn === "object" && dependsOn !== null ? Object.keys(dependsOn) : [];
}

// src/target/part.ts
var inOrder2 = (containers2) => [...containers2].sort((one, other) => numberOf(one) - numberOf(other));
function meant(containers2, { only, after: after3 }) {
  if (only === void 0 && after3 === void 0) return containers2;
  return ranked(
    containers2,
    (rank, service) => rank >= (after3?.[service] ?? 0) && (only === void 0 || rank < (only[service] ?? 0))
  );
}
function firstOf(containers2, only) {
  return only === void 0 ? containers2 : meant(containers2, { only });
}
function afterFirst(containers2, after3) {
  return meant(containers2, { after: after3 });
}
function ranked(containers2, keep2) {
  const ranks = /* @__PURE__ */ new Map();
  return inOrder2(containers2).filter((container) => {
    const service = serviceOf(container) ?? "";
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return keep2(rank, service);
  });
}

// src/target/restart.ts
var OFF = { name: "no", attempts: 0 };
function policyOf({ labels: labels3 }) {
  const { [LABEL.restart]: written2 = "no" } = labels3;
  const [name, attempts = "0"] = written2.split(":");
  return name === "always" || name === "unless-stopped" || name === "on-failure" ? { name, attempts: Number(attempts) } : void 0;
}
async function restoreRestarts(work, container) {
  const policy = policyOf(container);
  if (policy !== void 0) await work.engine.setRestartPolicy(container.id, policy);
}
async function turnOffRestarts(work, container) {
  if (policyOf(container) === void 0) return;
  try {
    await work.engine.setRestartPolicy(container.id, OFF);
  } catch (error2) {
    if (!(error2 instanceof NotFound || error2 instanceof Conflict)) throw error2;
  }
}

// src/target/slots.ts
function slotOf(of, networks) {
  const on = SLOTS.filter((slot) => networks.includes(slotNetwork(of, slot)));
  return on.length === 1 ? on[0] : void 0;
}
function commonSlot(of, containers2) {
  return slotOf(of, containers2.flat());
}
function isStopped({ state }) {
  return state === "exited" || state === "created" || state === "dead";
}
async function moveToSlot(work, containers2, slot) {
  const former = slotNetwork(work.of, otherSlot(slot));
  const wrong = containers2.filter(({ networks }) => networks.includes(former));
  if (wrong.length === 0) return;
  await ensureSlotNetworks(work.engine, work.of);
  await Promise.all(wrong.map((container) => move(work, container, former, slotNetwork(work.of, slot))));
}
async function move(work, container, from, to) {
  const { engine } = work;
  if (!isStopped(container)) {
    if (container.networks.includes(to)) return;
    await engine.stopContainer(container.id);
  }
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}
async function startOnNetworks(work, container) {
  try {
    await work.engine.startContainer(container.id);
  } catch (error2) {
    if (!(error2 instanceof NotFound && /network/i.test(error2.message))) throw error2;
    await rejoin(work, container);
    await work.engine.startContainer(container.id);
  }
}
async function rejoin(work, container) {
  const { engine } = work;
  const { [LABEL.release]: id2 = "" } = container.labels;
  const release = work.releases.get(id2);
  await ensureSlotNetworks(engine, work.of);
  if (release !== void 0) await makeMissingNetworks(work, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}

// src/target/containers.ts
async function listed(work, id2, services) {
  const found = (await everyContainer(work, id2)).filter((each2) => !isOneOff(each2));
  return services === void 0 ? found : found.filter((each2) => services.includes(serviceOf(each2) ?? ""));
}
function everyContainer(work, id2) {
  return work.engine.listContainers([
    `${LABEL.app}=${work.of.app}`,
    `${LABEL.environment}=${work.of.environment}`,
    `${LABEL.release}=${id2}`
  ]);
}
async function containersOf(work, id2, services) {
  return inspectAll(work.engine, await listed(work, id2, services));
}
async function startRelease(work, id2, slot, services, which2 = {}) {
  const all3 = await listed(work, id2);
  await moveToSlot(work, all3, slot);
  const release = work.releases.get(id2);
  const mine = meant(
    all3.filter((container) => services.includes(serviceOf(container) ?? "")),
    which2
  );
  let started = 0;
  for (const round of startRounds(release, services)) {
    const now = mine.filter((container) => round.includes(serviceOf(container) ?? ""));
    const done = await Promise.all(now.map((container) => start2(work, container, release)));
    started += done.filter(Boolean).length;
  }
  return `${started} started`;
}
async function start2(work, container, release) {
  const oneShot = release?.services[serviceOf(container) ?? ""]?.oneShot === true;
  if (oneShot && container.state === "exited") {
    const { exitCode } = await work.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  await restoreRestarts(work, container);
  await startOnNetworks(work, container);
  return container.state !== "running";
}
async function stopRelease(work, id2, services, evidence, which2 = {}) {
  const containers2 = evidence ? await gatherEvidence(work, id2, services, which2) : meant(await listed(work, id2, services), which2);
  const running = containers2.filter((container) => !isStopped(container));
  await Promise.all(
    containers2.map(async (container) => {
      await turnOffRestarts(work, container);
      if (running.includes(container)) await stop2(work, container.id);
    })
  );
  return `${running.length} stopped`;
}
async function stop2(work, id2) {
  try {
    await work.engine.stopContainer(id2, work.hurry ? 1 : void 0);
  } catch (error2) {
    if (!(error2 instanceof NotFound)) throw error2;
  }
}
var ENDED = /* @__PURE__ */ new Set(["exited", "dead", "restarting"]);
async function gatherEvidence(work, id2, services, which2) {
  const containers2 = meant(await containersOf(work, id2, services), which2);
  for (const container of containers2) {
    const lastLines = await lastLinesOf(work, container.id);
    work.kept.evidence.push({
      host: work.engine.host,
      container: container.name,
      service: serviceOf(container) ?? container.name,
      state: container.state,
      exitCode: ENDED.has(container.state) ? container.exitCode : void 0,
      oomKilled: container.oomKilled,
      health: container.health?.status === "none" ? void 0 : container.health?.status,
      lastLines: lastLines.length > 0 ? lastLines : healthOutput(container)
    });
  }
  return containers2;
}
async function lastLinesOf(work, id2) {
  try {
    return await work.engine.containerLogs(id2, 20);
  } catch (error2) {
    if (work.engine.lost.aborted) throw error2;
    work.log.debug(messageOf(error2));
    return [];
  }
}
function healthOutput(container) {
  const output = container.health?.lastOutput.trim() ?? "";
  return output === "" ? [] : output.split("\n").slice(-10);
}
async function removeReleases(work, ids) {
  for (const id2 of ids) {
    await removeAll2(work, await everyContainer(work, id2));
  }
}
async function removeAll2(work, containers2) {
  await Promise.all(
    containers2.map((container) => work.engine.removeContainer(container.id, { force: true }))
  );
}

// src/target/addresses.ts
async function addressesOf2(work, release) {
  const addresses = await someAddressesOf(work, release, (all3) => all3);
  return atLeastOne(work, release, addresses);
}
async function someAddressesOf(work, release, choose) {
  const running = choose(await listed(work, release.id)).filter(({ state }) => state === "running");
  const containers2 = mayHaveFailed(release) ? await withoutUnhealthy(work, running) : running;
  return new Map(
    release.routes.map((route) => [
      route.id,
      containers2.filter((container) => serviceOf(container) === route.service).map((container) => `${container.name}:${route.containerPort}`)
    ])
  );
}
function atEveryEdge(work, release, addresses) {
  const others = [...work.releases.values()].map(({ routes }) => standIn(routes, release, addresses));
  return new Map([...others.flatMap((each2) => [...each2]), ...addresses]);
}
function atLeastOne(work, release, addresses) {
  for (const route of release.routes) {
    if ((addresses.get(route.id)?.length ?? 0) > 0) continue;
    throw new HostError(
      work.engine.host,
      `no container of ${route.service} in release ${release.id} is running.`
    );
  }
  return addresses;
}
function mayHaveFailed({ services }) {
  return Object.values(services).some(
    ({ update }) => update !== void 0 && (update.maxFailureRatio > 0 || update.failureAction === "continue")
  );
}
async function withoutUnhealthy(work, containers2) {
  const details = await inspectAll(work.engine, containers2);
  const isUnhealthy = ({ id: id2 }) => details.find((each2) => each2.id === id2)?.health?.status === "unhealthy";
  const well = new Set(containers2.filter((each2) => !isUnhealthy(each2)).map(serviceOf));
  return containers2.filter((each2) => !(isUnhealthy(each2) && well.has(serviceOf(each2))));
}

// src/edge/switch.ts
var WRITE = {
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
async function switchTo(engine, edge, slot, release, addresses) {
  const files = filesOf2({ slot, release, addresses });
  await write(engine, edge, { slots: [slot], split: ALL_TO[slot], follower: otherSlot(slot) }, files);
}
async function divide(engine, edge, canary2, share, others) {
  const files = new Map([...filesOf2(others), ...filesOf2(canary2)]);
  const split = splitFor(canary2.slot, share);
  await write(engine, edge, { slots: [others.slot, canary2.slot], split, follower: "" }, files);
}
async function clearSlot(engine, edge, slot) {
  const files = filesOf2({ slot, release: "", addresses: /* @__PURE__ */ new Map() });
  await write(engine, edge, { slots: [slot], split: "", follower: "" }, files);
}
function filesOf2({ slot, release, addresses }) {
  return new Map([...slotFiles(slot, addresses), [fileName(releaseFile(slot)), release]]);
}
async function write(engine, edge, { slots, split, follower }, files) {
  const args = [EDGE_FOLDER, slots.join(" "), split, follower, ...[...files].flat()];
  const state = fileLines(await runScript(engine, edge, WRITE, args));
  const expected = new Map([...files, ...split === "" ? [] : [[fileName(SPLIT_FILE), split]]]);
  for (const [file2, content] of expected) {
    if (state.get(file2) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file2} holds "${state.get(file2) ?? ""}" after "${content}" was written.`
    );
  }
}
function fileLines(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
}

// src/target/shares.ts
async function edgeOfWork(work) {
  return runningEdge(work.engine, await observeEdge(work.engine, work.of));
}
async function standing2(work, { release, slot }) {
  const record = releaseById(work, release);
  return { release, slot, addresses: atEveryEdge(work, record, await addressesOf2(work, record)) };
}
async function moveTraffic(work, to) {
  const [container, { addresses }] = await Promise.all([edgeOfWork(work), standing2(work, to)]);
  await switchTo(work.engine, container, to.slot, to.release, addresses);
  noteMoved(work, to.release);
  return `all requests go to ${to.slot}`;
}
async function shareTraffic(work, action) {
  const [container, canary2, others] = await Promise.all([
    edgeOfWork(work),
    standing2(work, action),
    standing2(work, action.others)
  ]);
  await divide(work.engine, container, canary2, action.share, others);
  noteMoved(work, action.release, action.others.release);
  return `${formatShare(action.share)} of the visitors go to ${action.slot}, all others to ${action.others.slot}`;
}
async function mixTraffic(work, action) {
  const release = releaseById(work, action.release);
  const { with: guests } = action;
  const some2 = async (of, choose) => atEveryEdge(work, of, await someAddressesOf(work, of, choose));
  const [container, ours, theirs] = await Promise.all([
    edgeOfWork(work),
    some2(release, (all3) => afterFirst(all3, action.gone)),
    guests === void 0 ? /* @__PURE__ */ new Map() : some2(releaseById(work, guests.release), (all3) => firstOf(all3, guests.only))
  ]);
  const addresses = atLeastOne(work, release, mixed(ours, theirs, action.share));
  await switchTo(work.engine, container, action.slot, action.release, addresses);
  noteMoved(work, action.release, ...guests === void 0 ? [] : [guests.release]);
  const count3 = (of) => new Set([...of.values()].flat().map((address) => address.slice(0, address.lastIndexOf(":")))).size;
  return guests === void 0 ? `requests go to ${containers(count3(ours))} of ${action.release}` : `requests go to ${containers(count3(theirs))} of ${guests.release} and ${count3(ours)} of ${action.release}`;
}
async function clear(work, slot) {
  const state = await observeEdge(work.engine, work.of);
  if (state.state === "running") await clearSlot(work.engine, state.containerId, slot);
}
async function drainTraffic(work, of) {
  const left2 = work.kept.drained.has(of.release) ? 0 : await leftInFlight(work, of, work.hurry ? 0 : work.settings.drainTimeout);
  if (left2 === void 0) return "no edge, nothing to wait for";
  if (left2 === 0) return "no request in flight";
  return left2 === 1 ? "1 request was still in flight and is cut" : `${left2} requests were still in flight and are cut`;
}
async function leftInFlight(work, of, timeout) {
  const state = await observeEdge(work.engine, work.of);
  if (state.state !== "running") return void 0;
  const containers2 = meant(await containersOf(work, of.release), of);
  const addresses = containers2.flatMap(
    ({ networks }) => Object.values(networks).flatMap(({ address, address6 = "" }) => [address, address6])
  );
  return drainAddresses(work.engine, state.containerId, addresses, timeout, work.signal);
}
function noteMoved({ kept }, ...to) {
  kept.moved = performance.now();
  for (const id2 of to) kept.drained.delete(id2);
}
var containers = (count3) => count3 === 1 ? "1 container" : `${count3} containers`;

// src/target/traffic.ts
function edgeSpec(release) {
  return {
    app: release.app,
    environment: release.environment,
    routes: release.routes.map(({ id: id2, published, domains }) => ({
      id: id2,
      published,
      socket: domains.length > 0
    }))
  };
}
function edgeOf(release) {
  return release.routes.length === 0 ? void 0 : edgeFingerprint(edgeSpec(release));
}
async function makeEdge(work, id2, forgets = false) {
  const wanted = releaseById(work, id2);
  const whereStands = async (standing3) => {
    const release = work.releases.get(standing3);
    if (release === void 0) return /* @__PURE__ */ new Map();
    return standIn(wanted.routes, release, await someAddressesOf(work, release, (all3) => all3));
  };
  const { engine, settings } = work;
  await ensureEdge(engine, edgeSpec(wanted), settings.edgeImage, forgets ? void 0 : whereStands);
}
async function dropEdge(work) {
  await removeEdge(work.engine, work.of);
}
async function askFromEdge(work, target, health, signal) {
  const container = await edgeOfWork(work);
  const answers2 = await probe(work.engine, container, [target], {
    path: health.path,
    timeout: health.timeout,
    signal
  });
  const answer = answers2.get(target);
  if (answer?.ok === true) return;
  const asked = health.path === void 0 ? "does not accept connections" : `does not answer ${health.path} as expected`;
  throw new HostError(work.engine.host, `${target} ${asked}: ${answer?.failure ?? "no answer"}.`);
}
function domainsOf(release) {
  return new Map(
    release.routes.flatMap((route) => route.domains.map((domain) => [domain, route.id]))
  );
}
async function makeFront(work) {
  await ensureFront(work.engine, work.of, work.settings.edgeImage, work.settings.acme);
}
async function dropUnusedFront(work) {
  return await removeUnusedFront(work.engine) ? "removed" : "still needed";
}
async function moveDomains(work, id2) {
  const front = await observeFront(work.engine);
  if (front === void 0) return void 0;
  const domains = id2 === void 0 ? /* @__PURE__ */ new Map() : domainsOf(releaseById(work, id2));
  await setDomains(work.engine, front.id, work.of, domains);
  return [...domains.keys()].join(", ") || "none";
}
async function checkDomainsFree(engine, release) {
  const wanted = domainsOf(release);
  if (wanted.size === 0) return;
  checkDomains([...wanted.keys()]);
  const front = await observeFront(engine);
  if (front === void 0) return;
  checkOwners(engine.host, release, await readDomains(engine, front.id), [...wanted.keys()]);
}

// src/target/preflight.ts
async function preflight(engines, observations, outline) {
  checkNames(outline);
  for (const { host } of observations) checkPorts(host, outline);
  for (const { host } of observations) checkOwnPorts(host, outline);
  await together(
    [checkExternals, checkDomainsFree].flatMap((check2) => engines.map((engine) => check2(engine, outline)))
  );
}

// src/layers.ts
var ANSWERS_WITHIN = 15e3;
var ONCE = { attempts: 1, first: 0, longest: 0 };
function askLayers({ tools, signal }, environment) {
  const asked = /* @__PURE__ */ new Map();
  const ask2 = async (image) => {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN)]);
    const shop = { tools, environment, workspace: process.cwd(), patience: ONCE, signal: inTime };
    return (await new Registry(shop).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = asked.get(image) ?? ask2(image);
    asked.set(image, answer);
    answer.catch(() => asked.delete(image));
    return answer;
  };
}

// src/plan/outcome.ts
function after(first, second) {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    steps: [...first.steps, ...second.steps.map((step2) => ({ ...step2, at: step2.at + began }))]
  };
}

// src/plan/overlap.ts
var OVERLAP = 5e3;
function overlapOf(release, hosts2, bake) {
  const replaces = hosts2.map(liveRelease).some((live) => live !== void 0 && live.id !== release.id);
  const found = release.routes.length === 0 && inRole(release, "internal").length > 0;
  return replaces && found ? Math.max(bake, OVERLAP) : bake;
}

// src/plan/refused.ts
function refusedIn(outcome, wanted) {
  if (outcome.kind === "done" || outcome.left.length > 0) return [];
  const refusals = outcome.failures.filter(isRefusal2).filter(({ action }) => action.release !== wanted);
  return refusals.length === outcome.failures.length ? refusals : [];
}
function isRefusal2(failure2) {
  const { host, stage, action } = failure2;
  return host !== void 0 && stage === "recover" && (action?.kind === "start" || action?.kind === "check");
}
function without2(hosts2, refusals) {
  return hosts2.map((host) => ({
    ...host,
    releases: host.releases.map(
      (release) => refusals.some((each2) => each2.host === host.host && each2.action.release === release.id) ? { ...release, refused: true } : release
    )
  }));
}

// src/target/apply.ts
async function apply(plan, perform2, hooks) {
  const run4 = new Run(plan, perform2, hooks);
  for (const [stage, hosts2] of passages(plan)) {
    const failures = await run4.stage(stage, hosts2);
    if (failures.length > 0) return run4.takeBack(stage, failures);
  }
  const warnings = [];
  for (const stage of COMMITTED) {
    const failures = await run4.stage(stage, [...plan.hosts.keys()]);
    warnings.push(
      ...failures.map(
        ({ host, error: error2, cancelled }) => cancelled ? cutShort(plan, run4.steps) : messageAt(host, error2)
      )
    );
  }
  return { kind: "done", steps: run4.steps, warnings: [...new Set(warnings)] };
}
function cutShort({ hosts: hosts2 }, steps) {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const begun2 = new Set(steps.map(({ action }) => action));
  const lost = [...hosts2].flatMap(
    ([host, stages]) => (stages.after ?? []).flatMap(
      ({ action }) => action.kind === "run" && !ended.has(action) ? [
        ` after-release ${begun2.has(action) ? "was cut short" : "was not run"} and no later deploy of this release runs it: ${showCommand(action.argv)} (in ${action.service} on ${host}).`
      ] : []
    )
  );
  return [
    "The job was cancelled when the release was accepted already: it stays live.",
    " What was still to be stopped or removed is left to the next deploy.",
    ...lost
  ].join("");
}
function passages({ hosts: hosts2, waves }) {
  const all3 = [...hosts2.keys()];
  const moving = waves.filter((wave) => wave.some((host) => MOVING.some((stage) => hosts2.get(host)?.[stage] !== void 0))).flatMap((wave) => MOVING.map((stage) => [stage, wave]));
  return [["recover", all3], ["pull", all3], ...moving, ["complete", all3], ["look", all3], ["accept", all3]];
}
var WAITING = /* @__PURE__ */ new Set(["pull", "check", "watch", "look", "drain"]);
var MOMENT = 5e3;
var Run = class {
  steps = [];
  #plan;
  #perform;
  #hooks;
  #began = performance.now();
  /** By host, in order. */
  #begun;
  /** Aborted by the first failure: what the other hosts wait for is of no use any more. */
  #over = new AbortController();
  /** Aborted a moment later, for what changes something: cut in the middle it might leave more to take back than is known. */
  #late = new AbortController();
  #moment;
  constructor(plan, perform2, hooks) {
    this.#plan = plan;
    this.#perform = perform2;
    this.#hooks = hooks;
    this.#begun = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }
  /** Does a stage on some hosts, side by side. What ends there because another host failed is no failure of its own. */
  async stage(stage, hosts2) {
    const busy = hosts2.filter((host) => this.#stepsOf(host, stage).length > 0);
    if (busy.length > 0) this.#hooks.entered?.(stage, busy);
    const all3 = (await Promise.all(busy.map((host) => this.#stageOn(host, stage)))).flat();
    const cancelled = all3.find((failure2) => failure2.cancelled);
    const failures = all3.filter((failure2) => !failure2.cancelled || failure2 === cancelled);
    if (failures.length > 0 || stage !== "verify") return failures;
    try {
      await this.#hooks.verify?.();
      return [];
    } catch (error2) {
      return [
        this.#hooks.signal.aborted ? this.#cancelled(stage) : { host: void 0, stage, action: void 0, error: error2 }
      ];
    }
  }
  #stepsOf(host, stage) {
    return this.#plan.hosts.get(host)?.[stage] ?? [];
  }
  #cancelled(stage) {
    return {
      host: void 0,
      stage,
      action: void 0,
      cancelled: true,
      error: new SealiftError("The job was cancelled.", { cause: this.#hooks.signal.reason })
    };
  }
  async #stageOn(host, stage) {
    const warnings = [];
    for (const step2 of this.#stepsOf(host, stage)) {
      if (this.#hooks.signal.aborted) return [this.#cancelled(stage)];
      if (this.#over.signal.aborted) return [];
      this.#begun.get(host)?.push(step2);
      const over = WAITING.has(step2.action.kind) ? this.#over : this.#late;
      const signal = AbortSignal.any([this.#hooks.signal, over.signal]);
      const failure2 = await this.#do(host, stage, step2.action, signal, false);
      if (failure2 === void 0) continue;
      if (isEcho(failure2.error, signal)) return this.#hooks.signal.aborted ? [this.#cancelled(stage)] : [];
      if (!COMMITTED.has(stage)) {
        this.#endOthers(new SealiftError(`${host} failed`));
        return [failure2];
      }
      warnings.push(failure2);
    }
    return warnings;
  }
  #endOthers(why2) {
    this.#over.abort(why2);
    this.#moment ??= setTimeout(() => this.#late.abort(why2), MOMENT).unref();
  }
  /** Takes everything back that was begun. What can't be is told, and the rest is taken back all the same. */
  async takeBack(stage, failures) {
    clearTimeout(this.#moment);
    const unhurried = new AbortController().signal;
    const undos = [...this.#begun].flatMap(([host, begun2]) => {
      const actions = begun2.toReversed().flatMap((step2) => step2.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0)
      this.#hooks.entered?.(
        "take-back",
        undos.map(({ host }) => host)
      );
    const left2 = await Promise.all(
      undos.map(async ({ host, actions }) => {
        const remains = [];
        for (const action of actions) {
          const failure2 = await this.#do(host, stage, action, unhurried, true);
          if (failure2 !== void 0) remains.push(failure2);
        }
        return remains;
      })
    );
    return {
      kind: "turned-back",
      steps: this.steps,
      failures,
      evidence: this.#hooks.evidence(),
      left: left2.flat()
    };
  }
  async #do(host, stage, action, signal, undo) {
    const start3 = performance.now();
    this.#hooks.began(host, stage, action);
    const end = (ok, note2, error2) => {
      const took = performance.now() - start3;
      const ended = !ok && isEcho(error2, signal) ? { ended: true } : {};
      const watched2 = this.#hooks.watched?.(action);
      const result2 = {
        ...{ host, stage, action, at: start3 - this.#began, took, ok, undo, note: note2, ...ended },
        ...watched2 === void 0 ? {} : { watched: watched2 }
      };
      this.steps.push(result2);
      this.#hooks.ended(result2, error2);
    };
    try {
      end(true, await this.#perform(host, action, signal), void 0);
      return void 0;
    } catch (error2) {
      end(false, void 0, error2);
      return { host, stage, action, error: error2 };
    }
  }
};
function isEcho(error2, signal) {
  if (!signal.aborted) return false;
  for (let each2 = error2; each2 !== void 0; each2 = each2 instanceof Error ? each2.cause : void 0) {
    if (each2 === signal.reason || each2 instanceof Error && each2.name === "AbortError") return true;
  }
  return false;
}

// src/release/records.ts
import { createHash as createHash6 } from "node:crypto";
var NO_RECORDS = { sequence: 0, releases: [], history: [] };
var RECORD_FILES = ["records/a.json", "records/b.json"];
var HISTORY_LENGTH = 100;
var sum = (sequence, body2) => createHash6("sha256").update(`${sequence}
${body2}`).digest("hex");
function writeRecords({ sequence, releases: releases2, history }) {
  const known = new Set(releases2.map((release) => release.id));
  const body2 = JSON.stringify({ releases: releases2, history: shortened2(history, HISTORY_LENGTH, known) });
  const head = JSON.stringify({ sequence, sha256: sum(sequence, body2) });
  return { file: RECORD_FILES[sequence % 2 === 0 ? 0 : 1], content: `${head}
${body2}
` };
}
function parseRecords(content) {
  const [head = "", body2 = ""] = content.split("\n");
  try {
    const { sequence, sha256 } = JSON.parse(head);
    if (sha256 !== sum(sequence, body2)) return void 0;
    const { releases: releases2, history } = JSON.parse(body2);
    return { sequence, releases: releases2, history };
  } catch {
    return void 0;
  }
}
function readRecords(files) {
  const whole2 = RECORD_FILES.flatMap((name) => {
    const content = files.get(name);
    const records = content === void 0 ? void 0 : parseRecords(content.toString("utf8"));
    return records === void 0 ? [] : [records];
  });
  return whole2.reduce(
    (newest, records) => records.sequence > newest.sequence ? records : newest,
    NO_RECORDS
  );
}
function withRelease(records, release) {
  const others = records.releases.filter((other) => other.id !== release.id);
  return { ...records, sequence: records.sequence + 1, releases: [...others, release] };
}
function withEvent(records, entry2) {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry2] };
}
function withoutReleases(records, gone2) {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !gone2.includes(release.id))
  };
}

// src/target/count.ts
function proveCounts(work, release, containers2, { services, only, after: after3 }, tolerate = {}) {
  for (const name of services) {
    const whole2 = only === void 0 ? release.services[name]?.replicas ?? 1 : only[name] ?? 0;
    const wanted = whole2 - (after3?.[name] ?? 0);
    const found = containers2.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < wanted)
      throw new HostError(work.engine.host, `${name} has ${found} of ${wanted} containers.`);
  }
}

// src/target/room.ts
var PLENTY = 32 * 1024 ** 3;
async function checkRoom(work, images) {
  if (images.length === 0) return;
  const free = await freeSpace(work);
  if (free === void 0 || free >= PLENTY) return;
  const needed = await neededSpace(work, images);
  if (needed !== void 0 && needed > free) throw noRoom(work, images, { needed, free });
}
function noRoom(work, images, { needed, free }, evidence = []) {
  const sizes = needed === void 0 ? "" : free === void 0 || free >= needed ? ` It needs at least ${megabytes(needed)}.` : ` It needs at least ${megabytes(needed)}, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing.`;
  return new HostError(
    work.engine.host,
    `the disk has no room for ${images.join(", ")}.${sizes} Free some (docker system df shows what holds it) or lower "keep".`,
    { evidence }
  );
}
async function shortage(work, images) {
  const [needed, free] = await Promise.all([neededSpace(work, images), freeSpace(work)]);
  return { needed, free };
}
var megabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;
async function freeSpace(work) {
  const { engine } = work;
  try {
    const inside = (await engine.listContainers([LABEL.role])).find(
      ({ labels: labels3, state }) => state === "running" && ["edge", "front"].includes(labels3[LABEL.role] ?? "")
    );
    if (inside === void 0) return void 0;
    const { exitCode, stdout } = await engine.exec(inside.id, ["df", "-Pk", "/"], { signal: work.signal });
    return exitCode === 0 ? availableIn(stdout) : void 0;
  } catch (error2) {
    return unknown(work, "free space", error2);
  }
}
function availableIn(printed) {
  const available = Number(printed.trim().split("\n")[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : void 0;
}
async function neededSpace(work, images) {
  try {
    const [there, { os: os5, architecture }, ...remote] = await Promise.all([
      layersThere(work.engine),
      work.engine.version(),
      ...images.map((image) => work.layersOf(image))
    ]);
    const missing2 = /* @__PURE__ */ new Map();
    for (const platforms of remote) {
      const layers = layersFor(platforms, `${os5}/${architecture}`);
      if (layers === void 0) return void 0;
      for (const { diffId, size } of layers) if (!there.has(diffId)) missing2.set(diffId, size);
    }
    return [...missing2.values()].reduce((sum2, size) => sum2 + size, 0);
  } catch (error2) {
    return unknown(work, "size", error2);
  }
}
function layersFor(platforms, platform2) {
  const found = [...platforms ?? []].find(([name]) => name === platform2 || name.startsWith(`${platform2}/`));
  return found?.[1].layers;
}
async function layersThere(engine) {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id: id2 }) => engine.inspectImage(id2)));
  return new Set(details.flatMap((each2) => each2?.layers ?? []));
}
function unknown(work, what, error2) {
  if (work.signal.aborted) throw work.signal.reason;
  work.log.debug(`${work.engine.host}: the ${what} is not known: ${messageOf(error2)}`);
}

// src/target/images.ts
var repositoryFor = (of) => `sealift/${baseProject(of)}`;
function keptImages(release) {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))].sort();
  return images.map((image, index) => ({ image, tag: `${release.id}-${index}` }));
}
async function pullImages(work, id2) {
  const release = releaseById(work, id2);
  const kept = keptImages(release);
  const others = Object.values(release.base.services).map((service) => service["image"]).filter((image) => typeof image === "string");
  const edge = release.routes.length > 0 ? [work.settings.edgeImage] : [];
  const wanted = [.../* @__PURE__ */ new Set([...kept.map(({ image }) => image), ...others, ...edge])];
  const missing2 = await Promise.all(
    wanted.map(async (image) => await work.engine.inspectImage(image) === void 0 ? [image] : [])
  );
  await checkRoom(work, missing2.flat());
  await Promise.all(missing2.flat().map((image) => pull(work, image)));
  await Promise.all(kept.map(({ image, tag }) => work.engine.tagImage(image, repositoryFor(work.of), tag)));
  const count3 = missing2.flat().length;
  return count3 === 0 ? "already there" : `${count3} of ${wanted.length} pulled`;
}
async function pull(work, image) {
  try {
    await work.run("docker", ["pull", "--quiet", image], {
      env: { ...work.environment, ...work.engine.cli },
      signal: work.signal
    });
  } catch (error2) {
    throw error2 instanceof CommandError ? await explainPull(work, image, error2) : error2;
  }
}
async function explainPull(work, image, error2) {
  const { host } = work.engine;
  const said3 = error2.stderr;
  if (/no space left on device/i.test(said3)) {
    return noRoom(work, [image], await shortage(work, [image]), error2.evidence);
  }
  if (/unauthorized|authentication required|denied|no basic auth/i.test(said3)) {
    return new HostError(
      host,
      `the registry refuses ${image}. Give registry-username and registry-password, or check that they may read it.`,
      { evidence: error2.evidence }
    );
  }
  if (/not found|manifest unknown|no matching manifest/i.test(said3)) {
    return new HostError(host, `${image} was not found, or not for this host's platform.`, {
      evidence: error2.evidence
    });
  }
  return new HostError(host, `could not pull ${image}: ${error2.evidence.at(-1) ?? error2.message}`, {
    evidence: error2.evidence
  });
}
async function removeImages(work, gone2, staying) {
  const needed = new Set(
    staying.flatMap((release) => Object.values(release.services).map((service) => service.image))
  );
  for (const release of gone2) {
    for (const { image, tag } of keptImages(release)) {
      await work.engine.removeImage(`${repositoryFor(work.of)}:${tag}`);
      if (needed.has(image)) continue;
      const others = (await work.engine.inspectImage(image))?.repoTags ?? [];
      if (others.length === 0) await work.engine.removeImage(image);
    }
  }
}
async function imageIds(work, release) {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))];
  const found = await Promise.all(
    images.map(async (image) => {
      const details = await work.engine.inspectImage(image);
      if (details === void 0) throw new HostError(work.engine.host, `${image} is not on this host.`);
      return [image, details.id];
    })
  );
  return new Map(found);
}

// src/target/check.ts
async function checkRelease(work, action) {
  const began = performance.now();
  const release = releaseById(work, action.release);
  const [all3, ids] = await Promise.all([
    containersOf(work, action.release, action.services),
    imageIds(work, release)
  ]);
  const containers2 = meant(all3, action);
  proveImages(work, release, containers2, ids);
  proveCounts(work, release, containers2, action);
  const { well, failed: failed5 } = await awaitHealthy(
    work,
    containers2.map((container) => expectation(work, release, container)),
    release.health.timeout,
    action.tolerate
  );
  for (const each2 of well) if (!work.kept.checked.has(each2.id)) work.kept.checked.set(each2.id, each2);
  work.kept.moved = performance.now();
  const seen = `${containers2.length - failed5.length} healthy after ${formatDuration(performance.now() - began)}`;
  return failed5.length === 0 ? seen : `${seen}; tolerated: ${failed5.join("; ")}`;
}
function proveImages(work, release, containers2, ids) {
  for (const container of containers2) {
    const service = release.services[serviceOf(container) ?? ""];
    const expected = service === void 0 ? void 0 : ids.get(service.image);
    if (service !== void 0 && container.imageId !== expected) {
      throw new HostError(
        work.engine.host,
        `${container.name} runs ${container.imageId}, but ${service.image} is ${expected ?? "not here"}.`
      );
    }
  }
}
function expectation(work, release, container) {
  const service = serviceOf(container) ?? container.name;
  const route = release.routes.find((each2) => each2.service === service);
  const hasHealth = container.health !== void 0 && container.health.status !== "none";
  return {
    container,
    service,
    oneShot: release.services[service]?.oneShot ?? false,
    mustSettle: release.health.path === void 0,
    ask: route === void 0 || hasHealth ? void 0 : (signal) => askFromEdge(work, `${container.name}:${route.containerPort}`, release.health, signal)
  };
}

// src/target/create.ts
async function createRelease(work, id2, slot, services, { only } = {}) {
  const release = releaseById(work, id2);
  const confidential = confidentialOf(work, id2);
  const [there] = await Promise.all([listed(work, id2), ensureSlotNetworks(work.engine, work.of)]);
  await moveToSlot(work, there, slot);
  const kept = there.filter((container) => services.includes(serviceOf(container) ?? ""));
  if (only === void 0) await Promise.all(kept.map((container) => restoreRestarts(work, container)));
  else await startRelease(work, id2, slot, services, { only });
  const some2 = only === void 0 ? { services, options: [] } : missingReplicas(kept, services, only);
  if (some2.services.length === 0) return "all are there";
  const which2 = [...some2.options, ...some2.services];
  await writeFilesFirst(work, release, slot, some2.services, which2);
  const alone2 = only === void 0 ? [] : ["--no-deps"];
  const up2 = ["up", "--detach", "--no-build", "--pull", "never", "--no-recreate", ...alone2, ...which2];
  await compose(
    work,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    up2,
    release.health.timeout
  );
  return `project ${releaseProject(release)}`;
}
function missingReplicas(there, services, only) {
  const missing2 = services.filter(
    (service) => there.filter((each2) => serviceOf(each2) === service).length < (only[service] ?? 0)
  );
  const scales = missing2.map((service) => `--scale=${service}=${only[service]}`);
  return { services: missing2, options: scales };
}
async function writeFilesFirst(work, release, slot, services, which2) {
  const confidential = confidentialOf(work, release.id);
  const files = filesToWrite(release, confidential, services);
  if (files.size === 0) return;
  const create2 = ["create", "--no-build", "--pull", "never", "--no-recreate", ...which2];
  await compose(
    work,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    create2,
    release.health.timeout
  );
  for (const container of await containersOf(work, release.id, [...files.keys()])) {
    if (container.state === "running") continue;
    for (const [folder, content] of files.get(serviceOf(container) ?? "") ?? []) {
      await work.engine.writeFiles(container.id, folder, content);
    }
  }
}

// src/target/keeper.ts
var IMAGE = { repository: "sealift/nothing", tag: "1" };
var MOUNT = STATE;
var keeperName = (of) => `${baseProject(of)}-records`;
async function readState(engine, of, containers2) {
  const mounted = containers2.find(
    (container) => ["records", "edge"].includes(container.labels[LABEL.role] ?? "")
  );
  if (mounted !== void 0) return engine.readFiles(mounted.id, MOUNT);
  const volume = await engine.inspectVolume(stateVolume(of));
  if (volume === void 0) return /* @__PURE__ */ new Map();
  checkOwner(engine, of, volume.labels);
  const keeper = await makeKeeper(engine, of);
  try {
    return await engine.readFiles(keeper, MOUNT);
  } finally {
    await engine.removeContainer(keeper);
  }
}
function checkOwner(engine, of, labels3) {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels3;
  if (app === void 0 || environment === void 0) return;
  if (app === of.app && environment === of.environment) return;
  throw new ConfigurationError(
    `app: ${of.app} in the environment ${of.environment} would be called ${baseProject(of)} on ${engine.host}, and so is ${app} in the environment ${environment}, which is there already. Give one of them another name: "app" or "environment".`
  );
}
async function saveRecords(engine, of, records) {
  const { file: file2, content } = writeRecords(records);
  const files = /* @__PURE__ */ new Map([[file2, { content, mode: 384 }]]);
  try {
    await engine.writeFiles(keeperName(of), MOUNT, files);
  } catch (error2) {
    if (!(error2 instanceof NotFound)) throw error2;
    await makeKeeper(engine, of);
    await engine.writeFiles(keeperName(of), MOUNT, files);
  }
}
function recordsIn(files) {
  return files.size === 0 ? NO_RECORDS : readRecords(files);
}
async function makeKeeper(engine, of) {
  await ensureStateVolume(engine, of);
  const reference = `${IMAGE.repository}:${IMAGE.tag}`;
  if (await engine.inspectImage(reference) === void 0)
    await engine.importEmptyImage(IMAGE.repository, IMAGE.tag);
  try {
    return await engine.createContainer(keeperName(of), {
      Image: reference,
      Cmd: ["never-started"],
      Labels: { ...labelsOf(of), [LABEL.role]: "records" },
      HostConfig: { Mounts: [{ Type: "volume", Source: stateVolume(of), Target: MOUNT }] }
    });
  } catch (error2) {
    if (error2 instanceof Conflict) return keeperName(of);
    throw error2;
  }
}

// src/target/guard.ts
var Guard = class _Guard {
  bell = new Bell();
  /** Aborts with what ends the guard from outside. */
  signal;
  #work;
  #of;
  #over = new AbortController();
  #wards = [];
  #heard;
  constructor(work, of) {
    this.#work = work;
    this.#of = of;
    this.signal = AbortSignal.any([this.#over.signal, work.signal, work.engine.lost]);
    this.signal.addEventListener("abort", this.bell.ring);
  }
  /** @throws HostError when there are fewer containers than the release has; the reason of the work's signal */
  static async over(work, of) {
    const guard = new _Guard(work, of);
    try {
      await guard.#begin();
      return guard;
    } catch (error2) {
      await guard.close();
      throw error2;
    }
  }
  async #begin() {
    this.signal.throwIfAborted();
    const work = this.#work;
    const { release: id2, services, only, tolerate } = this.#of;
    const release = releaseById(work, id2);
    const found = firstOf(await containersOf(work, id2, services), only);
    proveCounts(work, release, found, this.#of, tolerate);
    this.#wards = found.map((container) => {
      const service = serviceOf(container) ?? container.name;
      const oneShot = release.services[service]?.oneShot ?? false;
      const before = work.kept.checked.get(container.id) ?? container;
      const told = Promise.withResolvers();
      return { service, oneShot, before, end: void 0, outOfMemory: false, told };
    });
    const events = await work.engine.events(filtersFor2(found), this.signal, firstStart(this.#wards));
    this.#heard = this.#listen(events).catch((error2) => this.#over.abort(error2));
  }
  /** Remembers how they end: once restarted, a container itself does not know any more. */
  async #listen(events) {
    for await (const { id: id2, action, attributes } of events) {
      const ward = this.#wards.find(({ before }) => before.id === id2);
      if (ward !== void 0 && action === "oom") ward.outOfMemory = true;
      if (ward !== void 0 && action === "die") {
        ward.end = { exitCode: Number(attributes["exitCode"]), oomKilled: ward.outOfMemory };
        ward.outOfMemory = false;
        ward.told.resolve();
      }
      this.bell.ring();
    }
  }
  /** How many containers are guarded. */
  get size() {
    return this.#wards.length;
  }
  /** Whether all of them have ended as they should, so that nothing can become of them any more. */
  get isThrough() {
    return this.#wards.every(({ oneShot, before }) => oneShot && before.state === "exited");
  }
  /**
   * Looks at every container anew.
   * @returns what is tolerated of what is wrong
   * @throws HostError when more containers of a service have failed than are tolerated; the reason of the signal
   */
  async failures() {
    this.signal.throwIfAborted();
    const { engine } = this.#work;
    const found = await Promise.all(
      this.#wards.map(async (ward) => {
        const { service, before, oneShot } = ward;
        const [now] = await inspectAll(engine, [before]);
        if (now !== void 0 && now.restartCount > before.restartCount) await toldOf(ward);
        return {
          service,
          why: now === void 0 ? "it was removed" : failureOf(before, now, oneShot, ward.end)
        };
      })
    );
    for (const service of new Set(found.map((each2) => each2.service))) {
      const failed5 = found.filter((each2) => each2.service === service && each2.why !== void 0);
      const [first] = failed5;
      if (first === void 0 || failed5.length <= (this.#of.tolerate?.[service] ?? 0)) continue;
      throw new HostError(engine.host, `${service} did not stay well ${this.#of.when}: ${first.why}`);
    }
    return found.flatMap(({ service, why: why2 }) => why2 === void 0 ? [] : [`tolerated: ${service}: ${why2}`]);
  }
  async close() {
    this.#over.abort();
    await this.#heard;
  }
};
var SOON = 500;
async function toldOf({ told }) {
  const timer = setTimeout(told.resolve, SOON);
  await told.promise;
  clearTimeout(timer);
}
var filtersFor2 = (containers2) => ({
  type: ["container"],
  container: containers2.map(({ id: id2 }) => id2),
  event: ["start", "die", "oom", "health_status", "destroy"]
});
function firstStart(wards) {
  return wards.map(({ before }) => before.startedAt).sort().at(0);
}
function failureOf(before, now, oneShot, end) {
  const restarts = Math.max(0, now.restartCount - before.restartCount);
  const fate = { restarts, end, mayCrashFor: 0 };
  const verdict = judge(now, oneShot, SETTLE_TIME);
  if (verdict.kind === "bad") return restarts > 0 ? course(now, fate) : verdict.why;
  if (oneShot) return void 0;
  if (restarts > 0) return `it ended and was started again: ${course(now, fate)}`;
  if (now.startedAt !== before.startedAt || now.state === "restarting")
    return "it ended and was started again";
  return now.state === "running" ? void 0 : `it is ${now.state}`;
}

// src/target/look.ts
var MOMENT2 = 1e3;
async function lookAgain(work, action) {
  const until = (work.kept.moved ?? performance.now()) + MOMENT2;
  const guard = await Guard.over(work, { ...action, when: "after its check" });
  let drains = action.drain !== void 0;
  const drained2 = drainMeanwhile({ ...work, signal: guard.signal }, action.drain).finally(() => {
    drains = false;
    guard.bell.ring();
  });
  try {
    for (; ; ) {
      const left2 = until - performance.now();
      const over = !drains && (left2 <= 0 || guard.isThrough);
      const gone2 = await guard.failures();
      if (over) return [`${guard.size - gone2.length} well`, ...await drained2, ...gone2].join("; ");
      await guard.bell.rung(left2 > 0 ? left2 : void 0);
    }
  } finally {
    await guard.close();
    await drained2;
  }
}
async function drainMeanwhile(work, old) {
  if (old === void 0) return [];
  try {
    const left2 = await leftInFlight(work, old, Math.min(MOMENT2, work.settings.drainTimeout));
    if (left2 === void 0) return [];
    if (left2 > 0) return [`${left2} still in flight on ${old.release}`];
    work.kept.drained.add(old.release);
    return [`nothing in flight on ${old.release}`];
  } catch (error2) {
    work.log.debug(messageOf(error2));
    return [];
  }
}

// src/edge/metrics.ts
var NOTHING = { count: 0, errors: 0, timed: 0, seconds: 0, times: [] };
var SUM = {
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
var LONGEST_LOOK = 1e4;
async function readSample(engine, edge, signal) {
  const limit = AbortSignal.timeout(LONGEST_LOOK);
  const either = signal === void 0 ? limit : AbortSignal.any([signal, limit]);
  const printed = await runScript(engine, edge, SUM, [ADMIN], either);
  const sample = parseSample(printed);
  if (sample !== void 0) return sample;
  throw new HostError(engine.host, `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}"`);
}
function parseSample(printed) {
  const values = new Map(
    printed.split("\n").filter((line) => line !== "").map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))])
  );
  const value = (slot, name) => values.get(`${slot} ${name}`) ?? Number.NaN;
  const answers2 = (slot) => ({
    count: value(slot, "count"),
    errors: value(slot, "errors"),
    timed: value(slot, "timed"),
    seconds: value(slot, "seconds"),
    times: timesOf(slot, values)
  });
  const sample = {
    started: values.get("edge started") ?? Number.NaN,
    answers: { blue: answers2("blue"), green: answers2("green") },
    inFlight: { blue: value("blue", "in-flight"), green: value("green", "in-flight") }
  };
  const numbers2 = SLOTS.flatMap((slot) => {
    const { times, ...rest } = sample.answers[slot];
    return [...Object.values(rest), ...times.flat(), sample.inFlight[slot]];
  });
  return [sample.started, ...numbers2].some(Number.isNaN) ? void 0 : sample;
}
function timesOf(slot, values) {
  const prefix = `${slot} le:`;
  const buckets = [...values].filter(([key]) => key.startsWith(prefix)).map(([key, count3]) => [limitOf(key.slice(prefix.length)), count3]).sort(([one], [other]) => one - other);
  return buckets.map(([limit, count3], index) => [limit, count3 - (buckets[index - 1]?.[1] ?? 0)]);
}
var limitOf = (le) => le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
function since(before, now, slot) {
  const answers2 = now.answers[slot];
  return before.started === now.started ? combine(answers2, before.answers[slot], (more, less) => more - less) : answers2;
}
var together2 = (one, other) => combine(one, other, (a, b) => a + b);
function combine(one, other, how) {
  const counts = new Map(other.times);
  const limits = [...new Set([...one.times, ...other.times].map(([limit]) => limit))].sort((a, b) => a - b);
  const ours = new Map(one.times);
  return {
    count: how(one.count, other.count),
    errors: how(one.errors, other.errors),
    timed: how(one.timed, other.timed),
    seconds: how(one.seconds, other.seconds),
    times: limits.map((limit) => [limit, how(ours.get(limit) ?? 0, counts.get(limit) ?? 0)])
  };
}

// src/target/meter.ts
var WARM_UP = 1 / 4;
async function noteCounters(work) {
  work.kept.counted ??= await countersOf(work);
}
async function noteMix(work) {
  work.kept.mixed ??= await countersOf(work) ?? "unknown";
}
async function countersOf(work) {
  try {
    const state = await observeEdge(work.engine, work.of);
    return state.state === "running" ? await readSample(work.engine, state.containerId, work.signal) : void 0;
  } catch (error2) {
    work.log.debug(messageOf(error2));
    return void 0;
  }
}
async function openMeter(work, of) {
  const state = await observeEdge(work.engine, work.of);
  if (state.state !== "running") return void 0;
  return new EdgeMeter(work, state.containerId, of);
}
var UNSEEN = { all: NOTHING, warm: NOTHING };
var EdgeMeter = class {
  failed;
  interrupted = false;
  #work;
  #edge;
  #of;
  #warm;
  #first;
  #last;
  #seen = {
    blue: UNSEEN,
    green: UNSEEN
  };
  constructor(work, edge, of) {
    this.#work = work;
    this.#edge = edge;
    this.#of = of;
    this.#warm = performance.now() + of.for * WARM_UP;
  }
  get #isWarm() {
    return performance.now() >= this.#warm;
  }
  async look(signal) {
    try {
      const sample = await readSample(this.#work.engine, this.#edge, signal);
      this.failed = void 0;
      if (this.#last !== void 0) this.#add(this.#last, sample);
      this.interrupted ||= this.#last !== void 0 && this.#last.started !== sample.started;
      this.#first ??= sample;
      this.#last = sample;
    } catch (error2) {
      signal.throwIfAborted();
      this.failed = error2;
    }
  }
  #add(last, sample) {
    for (const slot of [this.#of.slot, ...this.#of.against === void 0 ? [] : [this.#of.against.slot]]) {
      const more = since(last, sample, slot);
      const seen = this.#seen[slot];
      this.#seen[slot] = {
        all: together2(seen.all, more),
        warm: this.#isWarm ? together2(seen.warm, more) : NOTHING
      };
    }
  }
  get comparison() {
    if (this.#first === void 0 || this.#last === void 0) return void 0;
    const { slot, against } = this.#of;
    const apart = this.#work.kept.mixed === void 0;
    return {
      own: this.#seen[slot],
      other: against === void 0 ? void 0 : apart ? this.#seen[against.slot] : UNSEEN,
      before: against === void 0 ? [] : this.#before(this.#first, against.slot),
      waiting: this.#isWarm ? this.#last.inFlight[slot] : 0
    };
  }
  #before(ever, slot) {
    const { counted: counted2, mixed: mixed2 } = this.#work.kept;
    if (mixed2 === "unknown") return [];
    return counted2 === void 0 ? [] : [since(counted2, mixed2 ?? ever, slot)];
  }
};

// src/target/run-hook.ts
import { randomUUID as randomUUID8 } from "node:crypto";

// src/release/compose/proxied.ts
function proxyOf(service) {
  const labels3 = Object.entries(object2(service["labels"]));
  const off = labels3.some(
    ([key, value]) => key === "traefik.enable" && String(value).toLowerCase() === "false"
  );
  if (!off && labels3.some(([key]) => key.startsWith("traefik."))) return "labels of Traefik";
  if (labels3.some(([key]) => /^caddy(_\d+)?(\.|$)/.test(key))) return "labels of caddy-docker-proxy";
  const environment = object2(service["environment"]);
  const named = PROXY_VARIABLES.find((name) => text2(environment[name]) !== void 0);
  return named;
}
var PROXY_VARIABLES = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS"];
function isWithinReach(project, name) {
  const service = project.service(name);
  const outside = Object.keys(networksOf(service) ?? {}).some(
    (key) => object2(project.config.networks?.[key])["external"] === true
  );
  return outside || exposedBy(service).length > 0 || portsOf(service).length > 0;
}

// src/release/render-hook.ts
var NOT_ONCE = [
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
  const service = object2(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file2, at) => [keyOf(at), specOf(file2)]))
    },
    services: {
      [name]: {
        ...without(service, ...NOT_ONCE),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // By its own labels and variables a proxy would send requests to it.
        labels: { ...pick(object2(service["labels"]), Object.values(LABEL)), [LABEL.role]: "hook" },
        environment: without(object2(service["environment"]), ...PROXY_VARIABLES),
        // Compose can't copy into a read-only container, and writes into one that is not.
        configs: [...list2(service["configs"]), ...files.map((file2, at) => useOf(file2, keyOf(at)))]
      }
    }
  };
}
var keyOf = (at) => `sealift-file-${at}`;
function specOf({ from }) {
  return "variable" in from ? { environment: from.variable } : { content: from.content };
}
function useOf({ folder, name, uid, gid, mode }, source) {
  const target = `${folder === "/" ? "" : folder}/${name}`.replaceAll("$", "$$$$");
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}
function ownNamespaces(rendered, service) {
  const { network_mode, networks } = networkOf(rendered, service);
  const outside = (key) => namedService(service[key]) === void 0 ? service[key] : void 0;
  return defined({
    network_mode,
    pid: outside("pid"),
    ipc: outside("ipc"),
    volumes_from: texts2(service["volumes_from"]).filter((from) => from.startsWith("container:")),
    networks: networks === void 0 ? void 0 : mapValues(
      object2(networks),
      (options) => without(
        object2(options),
        "ipv4_address",
        "ipv6_address",
        "mac_address",
        "link_local_ips",
        "aliases"
      )
    )
  });
}
function networkOf(rendered, service) {
  const host = namedService(service["network_mode"]);
  return host === void 0 ? service : networkOf(rendered, object2(rendered.services[host]));
}

// src/target/run-hook.ts
var KEPT4 = 30;
async function runHook(work, action) {
  const release = releaseById(work, action.release);
  const confidential = confidentialOf(work, action.release);
  const name = `${releaseProject(release)}-${action.when}-${randomUUID8().slice(0, 4)}`;
  await Promise.all([ensureSlotNetworks(work.engine, work.of), removeHooks(work)]);
  const lines = [];
  const options = ["--rm", "--no-deps", "--no-TTY", "--interactive=false", "--pull", "never", "--name", name];
  try {
    await composeRun(
      work,
      releaseProject(release),
      renderHook(release, action.slot, action.service),
      confidential,
      ["run", ...options, action.service, ...action.argv],
      {
        signal: work.signal,
        progress: "quiet",
        onLine(line) {
          work.log.info(`${work.engine.host}  │ ${line}`);
          lines.push(line);
          if (lines.length > KEPT4) lines.shift();
        }
      }
    );
  } catch (error2) {
    await removeHooks(work).catch(() => void 0);
    if (!(error2 instanceof CommandError) || work.signal.aborted) throw error2;
    throw new HostError(work.engine.host, failed3(action, error2.exitCode, lines.at(-1)), {
      evidence: lines,
      told: true
    });
  }
  return "ended with 0";
}
async function removeHooks(work) {
  const left2 = await work.engine.listContainers([
    `${LABEL.app}=${work.of.app}`,
    `${LABEL.environment}=${work.of.environment}`,
    `${LABEL.role}=hook`
  ]);
  await Promise.all(left2.map((container) => work.engine.removeContainer(container.id, { force: true })));
}
function failed3({ when, argv, service }, code2, last = "") {
  const what = `${when}-release: "${showCommand(argv)}"`;
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(?<why>.*)$/.exec(
    last
  );
  if (refusal !== null)
    return `${what} could not be started in ${service}: ${refusal.groups?.["why"] ?? ""}.`;
  if (code2 === 137) return `${what} was killed in ${service} (exit code 137), most often for want of memory.`;
  return `${what} failed in ${service} with ${code2 === void 0 ? "a signal" : `exit code ${code2}`}.`;
}

// src/target/significance.ts
var SURE = 3;
function leastDifference(one, other) {
  const [share, lower] = [ratio(one), wilson(one, -1)];
  if (other.of === 0) return lower;
  const otherShare = ratio(other);
  return share - otherShare - Math.hypot(share - lower, wilson(other, 1) - otherShare);
}
var ratio = ({ part, of }) => of === 0 ? 0 : part / of;
function wilson({ part, of }, end) {
  if (of === 0) return end === 1 ? 1 : 0;
  const share = part / of;
  const square = SURE ** 2 / of;
  const half = SURE * Math.sqrt(share * (1 - share) / of + square / (4 * of));
  return (share + square / 2 + end * half) / (1 + square);
}
function surelyExceeds(one, other, multiple) {
  if (one.of === 0 || other.of === 0) return false;
  const error2 = Math.sqrt(one.variance / one.of + multiple ** 2 * other.variance / other.of);
  return one.mean - multiple * other.mean > SURE * error2;
}
function fromHistogram(total, buckets, sum2) {
  if (total === 0) return { mean: 0, variance: 0, of: 0 };
  const ranges = buckets.map(([limit, count3], index) => {
    const from = buckets[index - 1]?.[0] ?? 0;
    const to = Number.isFinite(limit) ? limit : from * 3;
    return { count: count3, middle: (from + to) / 2, width: to - from };
  });
  const counted2 = ranges.reduce((all3, { count: count3 }) => all3 + count3, 0);
  const middle = ranges.reduce((all3, range) => all3 + range.count * range.middle, 0) / Math.max(1, counted2);
  const spread = ranges.reduce(
    (all3, range) => all3 + range.count * ((range.middle - middle) ** 2 + range.width ** 2 / 12),
    0
  );
  return { mean: sum2 / total, variance: spread / Math.max(1, counted2), of: total };
}

// src/target/verdict.ts
var FEWEST_ERRORS = 3;
var UNNOTICED = 5e-3;
var enough = ({ own }, limits) => own.all.count >= limits.minRequests;
function breachOf(comparison, limits) {
  const known = (baseline(comparison, limits, "all")?.count ?? 0) >= limits.minRequests;
  const few = !enough(comparison, limits);
  const failing = few && !known ? void 0 : tooManyErrors(comparison, limits);
  return failing ?? (few ? silent(comparison, limits) : tooSlow(comparison, limits));
}
function tooManyErrors(comparison, limits) {
  const own = comparison.own.all;
  if (own.errors < FEWEST_ERRORS) return void 0;
  const other = baseline(comparison, limits, "all");
  const least = leastDifference(
    { part: own.errors, of: own.count },
    { part: other?.errors ?? 0, of: other?.count ?? 0 }
  );
  if (least <= limits.maxErrors) return void 0;
  const ours = `${percent(own.errors, own.count)} of ${counted(own.count)} answers of the new release are 5xx`;
  const theirs = other === void 0 || other.count === 0 ? "" : `, ${percent(other.errors, other.count)} of ${counted(other.count)} of the old one`;
  return `${ours}${theirs}: more than canary-max-errors allows (${percent(limits.maxErrors, 1)})`;
}
function silent(comparison, limits) {
  const { own, waiting } = comparison;
  const answered = baseline(comparison, limits, "all")?.count ?? 0;
  if (own.all.count > 0 || waiting < FEWEST_ERRORS || answered < limits.minRequests) return void 0;
  return `the new release has answered none of its requests, and ${counted(waiting)} wait; the old one has answered ${counted(answered)}`;
}
function tooSlow(comparison, limits) {
  const own = comparison.own.warm;
  const other = baseline(comparison, limits, "warm");
  if (other === void 0 || own.timed < limits.minRequests) return void 0;
  const [ours, theirs] = [latency(own), latency(other)];
  if (ours.mean - theirs.mean < UNNOTICED || !surelyExceeds(ours, theirs, limits.maxLatencyRatio))
    return void 0;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${seconds(ours.mean)} (${counted(own.timed)} requests), the old one after ${seconds(theirs.mean)} (${counted(other.timed)}): ${times} times as long, more than canary-max-latency-ratio allows (${limits.maxLatencyRatio})`;
}
function baseline({ other, before }, limits, which2) {
  if (other === void 0) return void 0;
  const now = other[which2];
  const longer = [now, ...before.map((earlier) => together2(earlier, now))];
  return longer.find(({ count: count3 }) => count3 >= limits.minRequests) ?? longer.at(-1);
}
var latency = ({ timed, seconds: sum2, times }) => fromHistogram(timed, times, sum2);
function figuresOf(comparison, limits) {
  const other = baseline(comparison, limits, "all");
  return {
    own: figures(comparison.own.all),
    other: other === void 0 || other.count === 0 ? void 0 : figures(other),
    ...enough(comparison, limits) ? {} : { few: true },
    ...isUnsure(comparison, limits) ? { unsure: true } : {}
  };
}
function isUnsure(comparison, limits) {
  if (!enough(comparison, limits) || breachOf(comparison, limits) !== void 0) return false;
  const rate = ({ errors: errors2, count: count3 }) => count3 === 0 ? 0 : errors2 / count3;
  const other = baseline(comparison, limits, "all") ?? NOTHING;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}
var figures = ({ count: count3, errors: errors2, timed, seconds: sum2 }) => ({
  requests: count3,
  errors: errors2,
  latency: timed === 0 ? void 0 : sum2 / timed * 1e3
});
function describe(comparison, limits) {
  const { own } = comparison;
  const other = baseline(comparison, limits, "all");
  const versus = other === void 0 || other.count === 0 ? "" : `; the old release: ${numbers(other)}`;
  const unsure = isUnsure(comparison, limits) ? `: more than canary-max-errors allows (${percent(limits.maxErrors, 1)}), but so few may be chance` : "";
  return `${numbers(own.all)}${versus}${unsure}`;
}
function tooFew({ own }, limits) {
  return `${counted(own.all.count)} requests are too few to judge by (canary-min-requests is ${counted(limits.minRequests)})`;
}
function numbers(answers2) {
  const { mean, of } = latency(answers2);
  const errors2 = `${counted(answers2.count)} ${answers2.count === 1 ? "request" : "requests"}, ${percent(answers2.errors, answers2.count)} of them 5xx`;
  return of === 0 ? errors2 : `${errors2}, answered after ${seconds(mean)}`;
}
var counted = (count3) => count3.toLocaleString("en-US");
function percent(part, of) {
  const value = of === 0 ? 0 : part / of * 100;
  if (value >= 10 || value === 0) return `${Math.round(value)}%`;
  return `${Number(value.toPrecision(2))}%`;
}
var seconds = (time) => time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1e3).toPrecision(2))} ms`;

// src/target/watch.ts
var LOOK = 2e3;
var SHORTEST_LOOK = 100;
async function watchRelease(work, action) {
  const guard = await Guard.over(work, { ...action, when: "while it was watched" });
  const end = performance.now() + action.for;
  try {
    const meter = action.limits === void 0 ? void 0 : await openMeter(work, action);
    for (; ; ) {
      const gone2 = await guard.failures();
      await meter?.look(guard.signal);
      noteAnswers(work, action, meter);
      checkAnswers(work, action, meter);
      const left2 = end - performance.now();
      if (left2 <= 0) return [...conclude(work, action, meter), ...gone2].join("; ");
      await guard.bell.rung(Math.min(left2, meter === void 0 ? left2 : pace(action)));
    }
  } finally {
    await guard.close();
  }
}
var pace = (action) => Math.min(LOOK, Math.max(SHORTEST_LOOK, action.for / 10));
function noteAnswers(work, action, meter) {
  if (action.limits === void 0 || meter?.comparison === void 0) return;
  work.kept.watched.set(action, figuresOf(meter.comparison, action.limits));
}
function checkAnswers(work, { limits }, meter) {
  if (limits === void 0 || meter?.comparison === void 0) return;
  const breach = breachOf(meter.comparison, limits);
  if (breach !== void 0) throw new HostError(work.engine.host, `${breach}.`);
}
function conclude(work, action, meter) {
  const { limits } = action;
  if (limits === void 0) return [`well for ${formatDuration(action.for)}`];
  if (meter === void 0) return ["no edge, so only the containers were watched"];
  const { comparison } = meter;
  if (comparison === void 0 || meter.failed !== void 0) {
    throw new HostError(
      work.engine.host,
      `the edge did not say what it answers: ${messageWithout(work.engine.host, meter.failed)}`,
      { cause: meter.failed }
    );
  }
  const seen = [
    describe(comparison, limits),
    ...meter.interrupted ? ["the edge was started anew meanwhile, and a moment is not counted"] : []
  ];
  if (enough(comparison, limits)) return seen;
  const few = tooFew(comparison, limits);
  if (limits.tooFew === "fail") {
    throw new HostError(
      work.engine.host,
      `${few}. Watch longer, or let it go on with "canary-too-few: go-on".`
    );
  }
  return [...seen, few];
}

// src/target/perform.ts
async function perform(work, action) {
  switch (action.kind) {
    case "pull":
      return alongside(noteCounters(work), pullImages(work, action.release));
    case "edge":
      return makeEdge(work, action.release, action.forgets);
    case "remove-edge":
      return dropEdge(work);
    case "front":
      return makeFront(work);
    case "remove-unused-front":
      return dropUnusedFront(work);
    case "domains":
      return moveDomains(work, action.release);
    case "accessories":
      return bringUpAccessories(work, action.release, action.services, action.anew);
    case "record":
      return alongside(
        noteCounters(work),
        save(work, withRelease(work.kept.records, releaseById(work, action.release)))
      );
    case "start":
      return action.how === "start" ? startRelease(work, action.release, action.slot, action.services, action) : createRelease(work, action.release, action.slot, action.services, action);
    case "check":
      return checkRelease(work, action);
    case "switch":
      return moveTraffic(work, action);
    case "share":
      return shareTraffic(work, action);
    case "mix":
      if (action.with !== void 0) await noteMix(work);
      return mixTraffic(work, action);
    case "watch":
      return watchRelease(work, action);
    case "look":
      return lookAgain(work, action);
    case "run":
      return runHook(work, action);
    case "clear":
      return clear(work, action.slot);
    case "drain":
      return drainTraffic(work, action);
    case "stop":
      return stopRelease(work, action.release, action.services, action.evidence, action);
    case "accept":
      return save(work, withEvent(work.kept.records, entry(work, action.event, action)));
    case "turned-back":
      return save(work, withEvent(work.kept.records, entry(work, "turned-back", action)));
    case "prune":
      return prune(work, action.releases);
  }
}
async function alongside(other, one) {
  const [answer] = await Promise.all([one, other]);
  return answer;
}
function entry(work, event, of) {
  return {
    at: (/* @__PURE__ */ new Date()).toISOString(),
    event,
    release: of.release,
    previous: of.previous,
    actor: work.by.actor,
    runUrl: work.by.runUrl,
    ...event === "turned-back" ? {} : { fleet: work.fleet }
  };
}
async function save(work, records) {
  await saveRecords(work.engine, work.of, records);
  work.kept.records = records;
}
async function prune(work, ids) {
  const records = work.kept.records.releases;
  const gone2 = records.filter((release) => ids.includes(release.id));
  await removeReleases(work, ids);
  await removeImages(
    work,
    gone2,
    records.filter((release) => !ids.includes(release.id))
  );
  await save(work, withoutReleases(work.kept.records, ids));
  return `${ids.length} removed`;
}

// src/target/url.ts
import { setTimeout as pause2 } from "node:timers/promises";
var SUCCESSES = 3;
var INTERVAL = 200;
var PATIENCE2 = 5e3;
async function askUrl(check2, signal, interval = INTERVAL) {
  const end = performance.now() + check2.timeout;
  let last;
  for (let inARow = 0; ; ) {
    const left2 = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await askOnce(check2, signal, Math.min(PATIENCE2, left2));
    signal.throwIfAborted();
    if (last === void 0 || !answer.late || left2 >= PATIENCE2) last = answer;
    inARow = answer.good ? inARow + 1 : 0;
    if (inARow === SUCCESSES) return `${answer.text}, ${SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw notAsExpected(check2, last);
    await pause2(interval, void 0, { signal }).catch(() => signal.throwIfAborted());
  }
}
function notAsExpected({ url, timeout }, last) {
  const said3 = last.good ? `it answered ${last.text}, but not ${SUCCESSES} times in a row` : last.text;
  return new SealiftError(
    `url: ${url} did not answer as expected within ${formatDuration(timeout)}: ${said3}. Check the address, "url-status" and "url-body", or give it longer with "url-timeout".`
  );
}
async function askOnce(check2, signal, patience) {
  try {
    const response = await fetch(check2.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
      headers: { "user-agent": "sealift", "cache-control": "no-cache" },
      // Who expects nothing but redirects wants to see them, not where they lead.
      redirect: check2.status.every((status2) => status2 >= 300 && status2 < 400) ? "manual" : "follow"
    });
    const body2 = await response.text();
    if (!check2.status.includes(response.status))
      return { good: false, text: `it answered ${response.status}` };
    if (!matches2(body2, check2.body)) {
      return { good: false, text: `it answered ${response.status}, but its body does not match "url-body"` };
    }
    return { good: true, text: `${response.status}` };
  } catch (error2) {
    const late = error2 instanceof DOMException && error2.name === "TimeoutError";
    return late ? { good: false, late, text: `no answer within ${formatDuration(patience)}` } : { good: false, text: causeOf(error2) };
  }
}
function matches2(body2, expected) {
  if (expected === void 0) return true;
  return typeof expected === "string" ? body2.includes(expected) : expected.test(body2);
}
function causeOf(error2) {
  if (error2 instanceof AggregateError && error2.errors.length > 0) return causeOf(error2.errors[0]);
  return error2 instanceof Error && error2.cause !== void 0 ? causeOf(error2.cause) : messageOf(error2);
}

// src/target/roll-out.ts
async function rollOut(plan, on, hooks) {
  const evidence = [];
  const watched2 = /* @__PURE__ */ new Map();
  const works = new Map(on.engines.map((engine) => [engine.host, workOn(engine, on, { evidence, watched: watched2 })]));
  const { url } = on.options;
  let answer;
  const outcome = await apply(
    plan,
    async (host, action, signal) => {
      const work = works.get(host);
      return work === void 0 ? void 0 : perform({ ...work, signal, hurry: on.signal.aborted }, action);
    },
    {
      ...hooks,
      verify: url === void 0 ? void 0 : async () => {
        answer = await askUrl(url, on.signal);
        on.tools.log.info(`url: ${url.url} answered ${answer}`);
        return answer;
      },
      evidence: () => evidence,
      watched: (action) => watched2.get(action),
      signal: on.signal
    }
  );
  return { outcome, answer };
}
function workOn(engine, on, kept) {
  const records = on.observations.find(({ host }) => host.host === engine.host)?.records ?? {
    sequence: 0,
    releases: [],
    history: []
  };
  return {
    engine,
    of: on.of,
    releases: new Map([...records.releases, on.release].map((release) => [release.id, release])),
    confidential: on.confidential,
    settings: {
      edgeImage: on.options.edgeImage,
      drainTimeout: on.options.drainTimeout,
      acme: on.options.acme
    },
    run: on.tools.run,
    log: on.tools.log,
    environment: on.environment,
    layersOf: on.layersOf,
    by: on.by,
    fleet: on.engines.map(({ host }) => host),
    hurry: false,
    signal: on.signal,
    kept: { records, checked: /* @__PURE__ */ new Map(), drained: /* @__PURE__ */ new Set(), ...kept }
  };
}

// src/undertaking.ts
function planOf(task, hosts2) {
  const { release, waves } = task;
  const bake = overlapOf(release, hosts2, task.bake);
  return planFleet(hosts2, { ...task, bake, edge: edgeOf(release) }, waves);
}
async function undertake(first, task) {
  const refusals = [];
  let plan = first;
  let now = task;
  let before;
  for (; ; ) {
    const { outcome: last, answer } = await run(plan, now);
    const outcome = before === void 0 ? last : after(before, last);
    const news = refusedIn(last, task.release.id).filter(
      (one) => isReached(task, one.host) && !refusals.some((other) => isSame2(one, other))
    );
    if (news.length === 0 || task.house.signal.aborted) return { outcome, answer };
    for (const refusal of news) warnOf(refusal, task);
    refusals.push(...news);
    before = outcome;
    const observations = await task.fleet.observe(task.target);
    const hosts2 = observations.map(({ host }) => host);
    plan = planOf(task, without2(hosts2, refusals));
    now = { ...task, observations };
  }
}
var isSame2 = (one, other) => one.host === other.host && one.action.release === other.action.release;
var isReached = ({ fleet }, host) => fleet.engines.some((engine) => engine.host === host && !engine.lost.aborted);
function warnOf({ host, action, error: error2 }, { house, release }) {
  const warning2 = `${sentence(messageAt(host, error2))} So ${action.release}, which an interrupted run had stopped there, can't be brought back, and ${release.id} is deployed without it.`;
  house.tools.log.warning(warning2);
  house.report.warnings = [...house.report.warnings, warning2];
}
async function run(plan, task) {
  const { house } = task;
  const { log } = house.tools;
  const hosts2 = [...plan.hosts.keys()];
  const environment = stagesOf(plan).includes("pull") ? await task.environment() : programEnvironment();
  const what = task.event === "rolled-back" ? "Roll back to" : "Deploy";
  const began = performance.now();
  return group(
    `${what} ${task.release.id}: ${stagesOf(plan).join(" → ")}`,
    () => rollOut(
      plan,
      {
        of: task.target,
        engines: task.fleet.engines,
        observations: task.observations,
        release: task.release,
        confidential: task.confidential,
        options: task.options,
        tools: house.tools,
        environment,
        layersOf: askLayers(house, environment),
        by: house.by,
        signal: house.signal
      },
      {
        entered: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - began)),
        began: (host, stage, action) => {
          log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
          const line = beginLine(host, action, hosts2);
          if (line !== void 0) log.info(line);
        },
        ended: (result2, error2) => log.info(stepLine(result2, error2, hosts2))
      }
    )
  );
}

// src/carry-out.ts
async function carryOut(task) {
  const { release, observations, house } = task;
  const { report } = house;
  const hosts2 = observations.map(({ host }) => host);
  await preflight(task.fleet.engines, observations, release);
  report.removed = removedHosts(
    hosts2.map(({ history }) => history),
    hosts2.map(({ host }) => host)
  );
  if (report.removed.length > 0) house.tools.log.notice(removedText(report.removed));
  const plan = planOf(task, hosts2);
  report.previous = hosts2.map((host) => liveRelease(host)?.id).find((id2) => id2 !== void 0 && id2 !== release.id);
  Object.assign(report, {
    strategy: task.strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: task.options.url?.url ?? firstDomain(release)
  });
  await group("Plan", async () => {
    for (const line of planLines(plan, release)) house.tools.log.info(line);
    for (const line of leftAccessories(task)) house.tools.log.notice(line);
  });
  if (task.options.dryRun) {
    if (isEmpty(plan)) house.tools.log.info(nothingToDo(release));
    const seen = hosts2.map(statusReport);
    Object.assign(report, {
      result: "planned",
      state: NOTHING_CHANGED,
      steps: plannedSteps(plan),
      hosts: seen,
      live: liveOn(seen)
    });
    return;
  }
  for (const [host, stages] of plan.hosts) checkContents(host, stages, task);
  if (isEmpty(plan)) {
    house.tools.log.info(nothingToDo(release));
    Object.assign(report, unchanged(hosts2, release));
    return;
  }
  conclude2(task, await undertake(plan, task));
}
var nothingToDo = ({ id: id2 }) => `Release ${id2} is live on every host already: nothing to do.`;
function leftAccessories({
  observations,
  release,
  updateAccessories,
  event
}) {
  if (updateAccessories || event === "rolled-back") return [];
  const changed = new Set(observations.flatMap(({ host }) => changedAccessories(host, release)));
  return [...changed].map(
    (name) => `${name}: its definition has changed, and it is left as it is, as accessories are. accessories: update makes it anew; its volumes stay.`
  );
}
function checkContents(host, stages, { release, confidential }) {
  if (release.confidential.length === 0 || confidential.has(release.id)) return;
  const steps = Object.values(stages).flat();
  if (!steps.some(({ action }) => action.kind === "start" && action.how === "create")) return;
  throw new ConfigurationError(
    `to: on ${host} the containers of release ${release.id} would have to be made anew, and the contents of its secrets and configs are never kept on a host. Deploy its image from a checkout of ${release.origin.revision ?? "its commit"} instead: input "image".`
  );
}
function conclude2(task, { outcome, answer }) {
  const { release, house, options } = task;
  const { report, tools } = house;
  const before = task.observations.map(({ host }) => host);
  Object.assign(report, endingOf(before, release, task.event, outcome));
  report.steps = stepReports(
    outcome.steps,
    outcome.kind === "done" ? [] : [...outcome.failures, ...outcome.left]
  );
  report.answer = answer;
  for (const line of silenceLines(report.hosts)) tools.log.info(line);
  if (outcome.kind === "done") {
    report.warnings = [...report.warnings, ...outcome.warnings];
    for (const warning2 of outcome.warnings) tools.log.warning(warning2);
    return;
  }
  const refused = outcome.failures.some(
    ({ host, stage, cancelled }) => host === void 0 && stage === "verify" && cancelled !== true
  );
  if (options.url !== void 0 && refused) report.answer = "did not answer as expected";
  report.evidence = outcome.evidence;
  const { shown, others, title } = toldApart(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) tools.log.info(line);
  if (others.length > 0) fold(title, others.flatMap(evidenceLines));
  for (const line of hostLines(report.hosts)) tools.log.info(line);
  throw gathered(outcome.failures);
}
function firstDomain(release) {
  const domain = release.routes.flatMap((route) => route.domains)[0];
  return domain === void 0 ? void 0 : `https://${domain}`;
}

// src/release/compose/border.ts
var NAMESPACES = ["network_mode", "pid", "ipc"];
function accessoryContainer(project, base, name) {
  return text2(project.service(name)["container_name"]) ?? `${base}-${name}-1`;
}
function acrossFromRelease(project, base, service) {
  const outside = (name) => `container:${accessoryContainer(project, base, name)}`;
  const isAccessory = (name) => name !== void 0 && project.accessories.includes(name);
  const links = linksOf(service);
  const outward = links.filter((link2) => isAccessory(link2.service) && link2.alias !== link2.service).map((link2) => `${accessoryContainer(project, base, link2.service)}:${link2.alias}`);
  const externalLinks = [...texts2(service["external_links"]), ...outward];
  const namespaces = NAMESPACES.map((key) => {
    const other = namedService(service[key]);
    return [key, isAccessory(other) ? outside(other) : service[key]];
  });
  return defined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: keepDependencies(service, project.isReleased),
    links: nonEmpty(texts2(service["links"]).filter((_, at) => project.isReleased(links[at]?.service ?? ""))),
    external_links: nonEmpty(externalLinks),
    volumes_from: nonEmpty(
      texts2(service["volumes_from"]).map((from) => {
        const [name = "", ...mode] = from.split(":");
        return isAccessory(name) ? [outside(name), ...mode].join(":") : from;
      })
    )
  });
}
function acrossFromAccessory(project, name, service, problems) {
  for (const key of NAMESPACES) {
    const other = namedService(service[key]);
    if (other !== void 0 && project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} is another container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`
      );
    }
  }
  for (const from of texts2(service["volumes_from"])) {
    const other = from.split(":", 1)[0] ?? "";
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} is another container with each release. Mount the same named volume in both.`
      );
    }
  }
  return defined({
    ...service,
    depends_on: keepDependencies(service, (other) => !project.isReleased(other)),
    links: nonEmpty(
      texts2(service["links"]).filter((link2) => !project.isReleased(link2.split(":", 1)[0] ?? ""))
    )
  });
}
function keepDependencies(service, keep2) {
  const all3 = object2(service["depends_on"]);
  const kept = pick(all3, Object.keys(all3).filter(keep2));
  return Object.keys(kept).length === 0 ? void 0 : kept;
}
var nonEmpty = (values) => values.length === 0 ? void 0 : values;
function aliasesFromLinks(project, name) {
  return project.accessories.flatMap((accessory) => linksOf(project.service(accessory))).filter((link2) => link2.service === name && link2.alias !== name).map((link2) => link2.alias);
}
function withAliases(networks, names) {
  return mapValues(networks, (options) => {
    const aliases = [.../* @__PURE__ */ new Set([...texts2(object2(options)["aliases"]), ...names])];
    return aliases.length === 0 ? object2(options) : { ...without(object2(options), "aliases"), aliases };
  });
}
var STRENGTH = [
  "service_started",
  "service_healthy",
  "service_completed_successfully"
];
function conditionsOf(project) {
  const strictest = /* @__PURE__ */ new Map();
  for (const name of project.released.keys()) {
    for (const [service, { condition, required }] of dependenciesOf(project.service(name))) {
      if (!project.accessories.includes(service) || !required) continue;
      const known = strictest.get(service);
      const isStricter = known === void 0 || STRENGTH.indexOf(condition) > STRENGTH.indexOf(known);
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
function publishes(service) {
  return list2(service["ports"]).length > 0;
}

// src/release/compose/update.ts
function updateOf(name, service, problems) {
  const given2 = object2(service["deploy"])["update_config"];
  if (given2 === void 0 || given2 === null) return void 0;
  const config = object2(given2);
  const wrong = (field2, says) => problems.add(
    `compose-file: service ${name} has deploy.update_config.${field2}: ${String(config[field2])}. ${says}`
  );
  return {
    parallelism: parallelismOf(config["parallelism"], wrong),
    order: text2(config["order"]) === "stop-first" ? "stop-first" : "start-first",
    delay: durationOf("delay", config["delay"], wrong),
    monitor: durationOf("monitor", config["monitor"], wrong),
    maxFailureRatio: ratioOf(config["max_failure_ratio"], wrong),
    failureAction: actionOf(config["failure_action"], wrong)
  };
}
var LONGEST2 = 864e5;
function parallelismOf(value, wrong) {
  if (value === void 0) return 1;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  wrong("parallelism", "Give a whole number of replicas, or 0 for all at once.");
  return 1;
}
function durationOf(field2, value, wrong) {
  if (value === void 0) return 0;
  const written2 = text2(value) ?? "";
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written2)) return 0;
  const milliseconds = parseDuration(written2);
  if (milliseconds !== void 0 && milliseconds <= LONGEST2) return milliseconds;
  wrong(field2, "Give a duration of at most 24h, such as 10s.");
  return 0;
}
function ratioOf(value, wrong) {
  if (value === void 0) return 0;
  const ratio2 = typeof value === "number" ? value : Number(text2(value));
  if (ratio2 >= 0 && ratio2 <= 1) return ratio2;
  wrong("max_failure_ratio", "Give a share of the replicas from 0 to 1.");
  return 0;
}
function actionOf(value, wrong) {
  if (value === "continue") return "continue";
  if (value !== void 0 && value !== "pause" && value !== "rollback")
    wrong("failure_action", "Give continue, rollback or pause.");
  return "turn-back";
}
function stopsWhole(service) {
  const config = object2(object2(service["deploy"])["update_config"]);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === "number" && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return text2(config["order"]) === "stop-first" && batch >= replicasOf(service);
}

// src/release/compose/exclusive.ts
var HTTP = /* @__PURE__ */ new Set(["http", "http1", "http/1.1", "ws", "websocket"]);
var NOT_HTTP = /* @__PURE__ */ new Map([
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
function isHttp(port) {
  return whyNotHttp(port) === void 0;
}
function whyOwn(port) {
  return port.published === void 0 ? void 0 : `with edge: none it publishes port ${port.published} itself`;
}
function whyNotHttp(port) {
  if (port.protocol !== "tcp") return `port ${port.target}/${port.protocol} is not HTTP`;
  if (port.published?.includes("-")) return `port ${port.target} is published on a range (${port.published})`;
  if (port.appProtocol !== void 0) {
    return HTTP.has(port.appProtocol) ? void 0 : `port ${port.target} has app_protocol: ${port.appProtocol}`;
  }
  const known = NOT_HTTP.get(port.target);
  return known === void 0 ? void 0 : `port ${port.target} is ${known}'s (if it speaks HTTP, say app_protocol: http)`;
}
function whyExclusive(service, isReleased, edge = "caddy") {
  const reasons = [
    containerName(service),
    ...["network_mode", "pid", "ipc", "uts"].map((key) => shared(service, key, isReleased)),
    bridge(service),
    labelled("mac_address", text2(service["mac_address"])),
    fixedAddress(service),
    stopFirst(service),
    ...portsOf(service).map(edge === "none" ? whyOwn : whyNotHttp)
  ];
  return reasons.find((reason) => reason !== void 0);
}
function labelled(key, value) {
  return value === void 0 ? void 0 : `${key}: ${value}`;
}
function stopFirst(service) {
  return stopsWhole(service) ? "deploy.update_config.order: stop-first" : void 0;
}
function containerName(service) {
  return labelled("container_name", text2(service["container_name"]));
}
function shared(service, key, isReleased) {
  const mode = text2(service[key]);
  const other = namedService(mode);
  const outside = other === void 0 ? mode === "host" || mode?.startsWith("container:") : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : void 0;
}
function bridge(service) {
  return text2(service["network_mode"]) === "bridge" && portsOf(service).length > 0 ? "network_mode: bridge" : void 0;
}
function fixedAddress(service) {
  for (const [network, options] of Object.entries(object2(service["networks"]))) {
    for (const key of ["ipv4_address", "ipv6_address", "mac_address"]) {
      const address = text2(object2(options)[key]);
      if (address !== void 0) return `${key}: ${address} on network ${network}`;
    }
  }
  return void 0;
}

// src/release/compose/roles.ts
function rolesOf(project, hasWayIn, edge = "caddy") {
  const names = [...project.released.keys()];
  const service = (name) => project.service(name);
  const cannot = new Map(names.map((name) => [name, whyExclusive(service(name), project.isReleased, edge)]));
  const served = names.filter((name) => cannot.get(name) === void 0 && hasWayIn(name));
  const alone2 = new Map(
    names.map((name) => [
      name,
      cannot.get(name) ?? (served.includes(name) ? void 0 : ownData(project, name))
    ])
  );
  const oneShots = new Set(names.flatMap((name) => finishedFirst(project, name)));
  const needed = closure(project, [
    ...served,
    ...oneShots,
    ...names.filter((name) => alone2.get(name) !== void 0),
    ...names.filter((name) => exposedBy(service(name)).length > 0),
    ...names.filter((name) => edge === "none" && isWithinReach(project, name)),
    ...project.accessories.flatMap((name) => releasedNeeds(project, name))
  ]);
  return new Map(
    names.map((name) => {
      const because2 = alone2.get(name);
      const beside = served.includes(name) && edge !== "none" ? "served" : needed.has(name) ? "internal" : "worker";
      return [
        name,
        { role: because2 === void 0 ? beside : "exclusive", because: because2, oneShot: oneShots.has(name) }
      ];
    })
  );
}
function whyWholeRecreate(project, roles) {
  for (const [name, { role }] of roles) {
    if (role !== "served" && role !== "internal") continue;
    for (const other of releasedNeeds(project, name)) {
      const { because: because2 } = roles.get(other) ?? {};
      if (because2 !== void 0)
        return `${name} needs ${other}, and two of ${other} can't run at once: ${because2}`;
    }
  }
  return void 0;
}
function releasedNeeds(project, name) {
  return [...dependenciesOf(project.service(name)).keys()].filter(project.isReleased);
}
function finishedFirst(project, name) {
  return [...dependenciesOf(project.service(name))].filter(
    ([other, need]) => project.isReleased(other) && need.condition === "service_completed_successfully"
  ).map(([other]) => other);
}
function closure(project, roots) {
  const reached = /* @__PURE__ */ new Set();
  const visit = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const other of releasedNeeds(project, name)) visit(other);
  };
  for (const root of roots) visit(root);
  return reached;
}
function ownData(project, name) {
  const service = project.service(name);
  if (updateOrder(service) === "start-first" || replicasOf(service) > 1) return void 0;
  const others = Object.entries(project.config.services).filter(([other]) => other !== name);
  const mounted = new Set(others.flatMap(([, other]) => mountsOf(other).map((mount) => mount.source)));
  const own = writable(project, name).find((source) => !mounted.has(source));
  return own === void 0 ? void 0 : `it alone writes to ${own} (if two may, say deploy.update_config.order: start-first)`;
}
function writable(project, name) {
  return mountsOf(project.service(name)).filter((mount) => !mount.readOnly && (mount.type === "volume" || mount.type === "bind")).map((mount) => mount.source).filter((source) => source !== void 0).filter((source) => !/\.sock$|^\/(etc|dev|proc|sys|run|var\/run|tmp)(\/|$)/.test(source));
}

// src/release/compose/notices.ts
function noticesOf(project, roles, edge) {
  const released = [...project.released.keys()].flatMap((name) => [
    ...common(name, project.service(name)),
    ...preStop(name, project.service(name)),
    ...onFailure(name, project.service(name)),
    ...isAskedBeside(project, name, roles) ? sharedData(project, name) : []
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...common(name, project.service(name)),
    ...edge === "none" ? [] : inFront(project, name)
  ]);
  return [...edge === "none" ? unreached(roles) : [], ...released, ...accessories];
}
function isAskedBeside(project, name, roles) {
  const role = roles.get(name)?.role;
  return role === "served" || role === "internal" && proxyOf(project.service(name)) !== void 0;
}
function unreached(roles) {
  if ([...roles.values()].some(({ role }) => role !== "worker")) return [];
  return [
    "edge: none, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all are taken for workers."
  ];
}
function common(name, service) {
  const local = service["develop"] === void 0 ? [] : [`${name}: develop is for local work and ignored here.`];
  return [...local, ...unsetVariables2(name, service)];
}
function unsetVariables2(name, service) {
  const unset = Object.entries(object2(service["environment"])).filter(([, value]) => value === null).map(([variable]) => variable);
  if (unset.length === 0) return [];
  return [
    `${name}: its environment names ${unset.join(", ")} without a value, and none is given (input env), so it is not set there.`
  ];
}
function preStop(name, service) {
  if (service["pre_stop"] === void 0) return [];
  return [
    `${name}: pre_stop is not run. Releases are stopped through the engine, which does not know it; catch stop_signal instead.`
  ];
}
function onFailure(name, service) {
  const condition = text2(object2(object2(service["deploy"])["restart_policy"])["condition"]);
  const restart = text2(service["restart"]) ?? condition;
  if (restart?.startsWith("on-failure") !== true) return [];
  return [
    `${name}: with restart: on-failure the engine may start kept containers of former releases when it restarts. unless-stopped does not.`
  ];
}
function sharedData(project, name) {
  const data = writable(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(" and ")} while both stand. If they must not, say deploy.update_config.order: stop-first.`
  ];
}
function inFront(project, name) {
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (!publishes(service) || behind.length === 0) return [];
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

// src/release/compose/project.ts
function tellApart(config, placeholder2, problems) {
  const released = /* @__PURE__ */ new Map();
  const builders = /* @__PURE__ */ new Map();
  const services = Object.entries(config.services);
  for (const [name, service] of services) {
    const image = text2(service["image"]);
    if (image === placeholder2) released.set(name, "");
    else if (image?.includes(placeholder2))
      problems.add(extended(name, image.replace(placeholder2, "${IMAGE}")));
    else if (service["build"] !== void 0) {
      released.set(name, name);
      if (image !== void 0 && !builders.has(image)) builders.set(image, name);
    }
  }
  for (const [name, service] of services) {
    const builder = builders.get(text2(service["image"]) ?? "");
    if (builder !== void 0 && !released.has(name)) released.set(name, builder);
  }
  if (released.size === 0) problems.add(nothingReleased(services));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: services.map(([name]) => name).filter((name) => !released.has(name))
  };
}
function extended(name, image) {
  return `compose-file: service ${name} has image: "${image}", but \${IMAGE} is already a whole reference with a digest. Write image: \${IMAGE}.`;
}
function nothingReleased(services) {
  if (services.length === 0) {
    return "compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input env.";
  }
  const [first] = services.map(([name, service]) => `"${text2(service["image"]) ?? ""}" of service ${name}`);
  return `compose-file: no service uses the image that is delivered. Write image: \${IMAGE} in place of ${first}, or give a service build:. Services with neither (${services.map(([name]) => name).join(", ")}) are accessories, which a release leaves alone.`;
}

// src/release/compose/refuse.ts
var LOCAL_FILE = "if it is for local work only, move it to compose.override.yaml, which is not delivered";
function refuseRunnerPaths(resolved, problems) {
  for (const path of resolved.runnerPaths) {
    const instead = path.kind === "file" ? `make it a config (configs: with file: ${path.written}, target: ${path.target}), copy it into the image` : "copy it into the image (COPY in the Dockerfile), use a named volume for data, a config for single files, or an absolute path of the server";
    problems.add(
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on the runner and not on a server. Instead: ${instead}; or ${LOCAL_FILE}.`
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeDevice(spec);
    if (device === void 0) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on the runner and not on a server. Drop driver_opts for a plain volume, or give an absolute path of the server.`
    );
  }
}
function refuseModels(config, problems) {
  for (const [name, service] of Object.entries(config.services)) {
    for (const key of ["models", "provider"]) {
      if (service[key] === void 0) continue;
      problems.add(
        `compose-file: service ${name} uses ${key}:, which runs on the machine that calls Compose and not on a server. Run it as a container of its own.`
      );
    }
  }
}

// src/release/compose/named-port.ts
function wrongPort(domain, name, port, project) {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  const [first, ...others] = /* @__PURE__ */ new Set([...published.map(({ target }) => target), ...exposedBy(service)]);
  const known = first === void 0 ? [] : [first, ...others];
  if (first === void 0 || known.includes(port)) return void 0;
  const better = known.map((each2) => `${domain}=${name}:${each2}`).join(" or ");
  return {
    problem: `domains: ${domain} leads to ${name}:${port}, and by the Compose file ${name} listens on ${known.join(", ")}. Write ${better}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`,
    instead: first
  };
}

// src/release/compose/route-ids.ts
function withIds(routes) {
  const alone2 = routes.filter(({ published }) => published.length === 0).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(byPort);
    return { id: first === void 0 ? byDomains(route, alone2) : byAddress(first), ...route };
  });
}
var byAddress = ({ address, port }) => address === void 0 || isOnAll(address) ? `${port}` : `${port}-${address.replaceAll(/[^\w.]/g, "_")}`;
var byDomains = ({ service, containerPort }, alone2) => alone2 ? "domains" : `${service}-${containerPort}`;
var byPort = (one, other) => one.port - other.port || (byAddress(one) < byAddress(other) ? -1 : 1);

// src/release/compose/routes.ts
var worded = (way) => `${way.service}:${way.port}`;
function routesOf(project, domains, problems, notices) {
  const byRoute = assignDomains(project, domains, problems);
  const names = [...project.released.keys()];
  const unnamed = names.flatMap((service) => {
    const beside = whyExclusive(project.service(service), project.isReleased) === void 0;
    const all3 = portsOf(project.service(service));
    if (!beside)
      notices.push(
        ...all3.filter((port) => isFronts(port, domains)).map((port) => left(service, port.published))
      );
    const ports = beside ? all3.filter(isHttp) : [];
    const targets = new Set(ports.map((port) => port.target));
    for (const way of byRoute.keys()) if (way.service === service) targets.add(way.port);
    return [...targets].map((target) => {
      const way = { service, port: target };
      const mine = ports.filter((port) => port.target === target);
      const named = [...byRoute].filter(([other]) => worded(other) === worded(way)).flatMap(([, names2]) => names2);
      if (named.length === 0) checkReachable(way, mine, domains, problems);
      const published = publishedOf(way, mine, domains.size > 0, notices);
      return { service, containerPort: target, published, domains: named };
    });
  });
  const routes = withIds(unnamed);
  checkOverlaps(routes, project, domains, problems);
  return routes;
}
function withoutRoutes(project, problems) {
  checkOverlaps([], project, /* @__PURE__ */ new Map(), problems);
  return [];
}
function isFronts(port, domains) {
  return domains.size > 0 && isOnAll(port.address) && (port.published === "80" || port.published === "443");
}
function publishedOf(way, ports, hasDomains, notices) {
  const all3 = ports.filter((port) => port.published !== void 0).map((port) => ({ address: port.address, port: Number(port.published) }));
  const unique = all3.filter((one, at) => all3.findIndex((other) => isSame3(one, other)) === at);
  if (!hasDomains) {
    if (unique.some((one) => one.port === 443)) notices.push(selfEncrypted(way));
    return unique;
  }
  const kept = unique.filter((one) => !isOnAll(one.address) || one.port !== 80 && one.port !== 443);
  for (const one of unique.filter((each2) => !kept.includes(each2))) {
    notices.push(left(way.service, String(one.port)));
  }
  return kept;
}
function left(service, port) {
  return `${service}: its port ${port} is left to the front, which serves this host's domains on 80 and 443.`;
}
function selfEncrypted({ service, port }) {
  return `${service}: port 443 leads to ${port} as plain HTTP. If ${service} encrypts by itself, say app_protocol: https on that port (it is recreated then); for automatic certificates use the input domains.`;
}
var isSame3 = (one, other) => one.port === other.port && one.address === other.address;
function checkReachable(way, ports, domains, problems) {
  if (ports.every((port) => port.published === void 0)) {
    problems.add(
      `compose-file: service ${way.service} publishes ${way.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${way.port}"), give it a domain (input domains: app.example.com=${worded(way)}), or use expose: for what only other services ask.`
    );
  } else if (ports.every((port) => port.published === void 0 || isFronts(port, domains))) {
    const taken = ports.map((port) => port.published).join(" and ");
    problems.add(
      `domains: ${worded(way)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${worded(way)}) or another port.`
    );
  }
}
function assignDomains(project, domains, problems) {
  const assigned = /* @__PURE__ */ new Map();
  for (const [domain, target] of domains) {
    const way = wayFor(domain, target, project, problems);
    if (way === void 0) continue;
    const known = assigned.get(worded(way)) ?? { way, domains: [] };
    assigned.set(worded(way), { way, domains: [...known.domains, domain] });
  }
  return new Map([...assigned.values()].map(({ way, domains: named }) => [way, named]));
}
function wayFor(domain, target, project, problems) {
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
    const wrong = port === void 0 ? void 0 : wrongPort(domain, service, port, project);
    if (wrong !== void 0) {
      problems.add(wrong.problem);
      return { service, port: wrong.instead };
    }
    if (port !== void 0) return { service, port };
  }
  const choices = waysIn(project, target === void 0 ? [...project.released.keys()] : [target.service]);
  if (choices.length === 1) return choices[0];
  const of = target === void 0 ? "the released services have" : `${target.service} has`;
  problems.add(
    choices.length === 0 ? `domains: ${of} no port for ${domain} to lead to. Write ${domain}=${target?.service ?? [...project.released.keys()][0] ?? "service"}:port.` : `domains: ${of} several ports for ${domain} to lead to. Write ${choices.map((way) => `${domain}=${worded(way)}`).join(" or ")}.`
  );
  return void 0;
}
function waysIn(project, names) {
  const reachable = names.filter((name) => networksOf(project.service(name)) !== void 0);
  const ways = (portsIn) => reachable.flatMap((service) => [...new Set(portsIn(service))].map((port) => ({ service, port })));
  const published = ways(
    (name) => portsOf(project.service(name)).filter(isHttp).map((port) => port.target)
  );
  return published.length > 0 ? published : ways((name) => exposedBy(project.service(name)));
}
function checkOverlaps(routes, project, domains, problems) {
  const routed = routes.flatMap(
    (route) => route.published.map((one) => ({ ...one, by: `${route.service}:${route.containerPort}` }))
  );
  const served = new Set(routes.filter((route) => route.published.length > 0).map((route) => route.service));
  const others = Object.entries(project.config.services).filter(([name]) => !served.has(name) && object2(project.service(name))["network_mode"] !== "host").flatMap(
    ([name, service]) => portsOf(service).filter((port) => port.protocol === "tcp" && /^\d+$/.test(port.published ?? "")).filter((port) => !(project.isReleased(name) && isFronts(port, domains))).map((port) => ({ address: port.address, port: Number(port.published), by: name }))
  );
  const front = domains.size === 0 ? [] : [80, 443].map((port) => ({ address: void 0, port, by: "the front for domains" }));
  const claims = [...front, ...routed, ...others];
  for (const [at, one] of claims.entries()) {
    const other = claims.slice(0, at).find((each2) => each2.by !== one.by && overlap(each2, one));
    if (other !== void 0) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.by} and by ${one.by}. Publish one of them on another port.`
      );
    }
  }
}
function overlap(one, other) {
  return one.port === other.port && (isOnAll(one.address) || isOnAll(other.address) || one.address === other.address);
}

// src/release/compose/sides.ts
var NOT_DELIVERED = ["build", "develop", "profiles"];
function releaseSide(project, base, keepsPorts, domains, inlined, problems) {
  const services = {};
  const files = [];
  for (const name of project.released.keys()) {
    const mine = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...mine);
    const service = withRoomFor(releasedService(project, base, name), mine);
    services[name] = keepsPorts(name) ? { ...service, ...ownPorts2(project.service(name), domains) } : service;
  }
  const used = usedKeys(services);
  const compose2 = {
    services,
    networks: asExternal(project.config.networks, used.networks),
    volumes: asExternal(project.config.volumes, used.volumes),
    ...filesOf3(services, inlined)
  };
  return { compose: compose2, files };
}
function baseSide(project, inlined, problems) {
  const services = {};
  for (const name of project.accessories) {
    const service = project.service(name);
    refuseReadOnly(name, service, problems);
    services[name] = tidy(without(acrossFromAccessory(project, name, service, problems), ...NOT_DELIVERED));
  }
  return {
    services,
    networks: mapValues(project.config.networks ?? {}, object2),
    volumes: mapValues(project.config.volumes ?? {}, object2),
    ...filesOf3(services, inlined)
  };
}
function filesOf3(services, inlined) {
  return {
    secrets: pick(inlined.secrets, usedBy(services, "secrets")),
    configs: pick(inlined.configs, usedBy(services, "configs"))
  };
}
function releasedService(project, base, name) {
  const service = project.service(name);
  const across = without(acrossFromRelease(project, base, service), ...NOT_DELIVERED, "pull_policy");
  const networks = networksOf(service);
  const containerName2 = text2(service["container_name"]);
  const names = [...containerName2 === void 0 ? [] : [containerName2], ...aliasesFromLinks(project, name)];
  return defined({
    ...tidy(without(across, "ports", "container_name", "image")),
    ...restartOf(service),
    networks: networks === void 0 ? void 0 : withAliases(networks, names)
  });
}
function ownPorts2(service, domains) {
  const read2 = portsOf(service);
  const kept = list2(service["ports"]).filter((_, at) => {
    const port = read2[at];
    return port !== void 0 && !isFronts(port, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}
function restartOf(service) {
  const { restart_policy: policy, ...deploy } = object2(service["deploy"]);
  if (policy === void 0) return {};
  const { condition = "no", max_attempts: attempts } = object2(policy);
  const counted2 = condition === "on-failure" && typeof attempts === "number";
  const restart = counted2 ? `on-failure:${attempts}` : RESTARTS[String(condition)] ?? condition;
  return { restart, deploy };
}
var RESTARTS = { any: "always", none: "no" };
function tidy(service) {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith("x-"))
  );
}

// src/release/compose/split.ts
var MOST_SERVED = 24;
function splitProject(resolved, of, domains, edge = "caddy") {
  const problems = new Problems();
  const notices = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  refuseRunnerPaths(resolved, problems);
  refuseModels(resolved.config, problems);
  const project = tellApart(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();
  const routes = edge === "none" ? withoutRoutes(project, problems) : routesOf(project, domains, problems, notices);
  const hasWayIn = (name) => edge === "none" ? proxyOf(project.service(name)) !== void 0 : routes.some((route) => route.service === name);
  const roles = rolesOf(project, hasWayIn, edge);
  const inlined = inline(resolved.config, resolved.contents, problems);
  const keepsPorts = (name) => edge === "none" || roles.get(name)?.role === "exclusive";
  const split = {
    app: of.app,
    environment: of.environment,
    placeholder: resolved.placeholder,
    services: servicesOf2(project, roles, problems),
    routes,
    wholeRecreate: whyWholeRecreate(project, roles),
    ...releaseSide(project, baseProject(of), keepsPorts, domains, inlined, problems),
    base: baseSide(project, inlined, problems),
    conditions: conditionsOf(project),
    lateAccessories: lateAccessoriesOf(project, problems),
    confidential: inlined.values,
    notices: [...notices, ...noticesOf(project, roles, edge)]
  };
  problems.throwIfAny();
  return split;
}
function servicesOf2(project, roles, problems) {
  const services = {};
  for (const [name, role] of roles) {
    const service = project.service(name);
    const replicas = replicasOf(service);
    if (role.role === "served") checkReplicas(name, replicas, problems);
    const update = updateOf(name, service, problems);
    const containerName2 = text2(service["container_name"]);
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
  if (replicas > MOST_SERVED) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, and the edge has room for ${MOST_SERVED} on a host. Lower deploy.replicas, or add hosts.`
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} is asked from outside but has no replicas. Set deploy.replicas to 1 or more.`
    );
  }
}

// src/release/hooks.ts
function hooksOf(release, input, lines) {
  const names = Object.keys(release.services);
  return lines.map(({ service, command }) => ({
    service: serviceFor(service, command, names, input),
    argv: splitCommand(command, input)
  }));
}
function serviceFor(service, command, names, input) {
  if (names.includes(service)) return service;
  const [only, ...others] = names;
  if (service === "" && only !== void 0 && others.length === 0) return only;
  throw new ConfigurationError(
    service === "" ? `${input}: the release has several services (${names.join(", ")}). Say in whose container the command is to run: ${only ?? "service"}=${command}` : `${input}: the release has no service "${service}", only ${names.join(", ")}. If "${service}=" belongs to the command, write env ${service}=… in front of it.`
  );
}

// src/release/same.ts
function asItStands(release, hosts2) {
  const accepted = new Set(hosts2.map((host) => host.accepted));
  const forced = hosts2.flatMap((host) => host.releases).find(({ id: id2, record }) => accepted.has(id2) && record?.sameAs === release.id);
  return forced === void 0 ? release : { ...release, id: forced.id, sameAs: release.id };
}

// src/engine/call.ts
import * as http from "node:http";
import * as https from "node:https";
function send({ agent, target }, method, path, { query, body: body2 }, upgrade) {
  const content = contentOf(body2);
  const headers = {
    ...content === void 0 ? {} : { "content-length": content.length },
    ...content === void 0 ? {} : { "content-type": Buffer.isBuffer(body2) ? "application/x-tar" : "application/json" },
    ...upgrade ? { connection: "Upgrade", upgrade: "tcp" } : {}
  };
  const open2 = agent instanceof https.Agent ? https.request : http.request;
  const request3 = open2({ ...target, agent, method, path: `${path}${searchOf(query)}`, headers });
  request3.end(content);
  return request3;
}
function contentOf(body2) {
  if (Buffer.isBuffer(body2)) return body2;
  return body2 === void 0 ? void 0 : Buffer.from(JSON.stringify(body2));
}
function searchOf(query = {}) {
  const parameters = Object.entries(query).filter(
    (entry2) => entry2[1] !== void 0
  );
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters)}`;
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
      Object.entries(value).filter((entry2) => typeof entry2[1] === "string")
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

// src/engine/life.ts
var Life = class {
  #lost = new AbortController();
  #pending = /* @__PURE__ */ new Set();
  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get lost() {
    return this.#lost.signal;
  }
  /** @throws HostError when it has ended */
  throwIfLost() {
    if (this.lost.reason instanceof HostError) throw this.lost.reason;
  }
  /** Ends everything under way with this error. Answers whether it lived until now. */
  lose(error2) {
    if (this.lost.aborted) return false;
    this.#lost.abort(error2);
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
    if (this.lost.reason instanceof HostError) end(this.lost.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener("abort", onAbort);
    };
  }
  /** Resolves when it has ended, or after as many milliseconds. */
  lostWithin(milliseconds) {
    return new Promise((resolve4) => {
      const done = () => {
        clearTimeout(timer);
        this.lost.removeEventListener("abort", done);
        resolve4();
      };
      const timer = setTimeout(done, milliseconds);
      this.lost.addEventListener("abort", done);
    });
  }
};
function unreachable(host, cause) {
  const message = "the connection was lost: the server does not answer any more. Network or server went down.";
  return new HostError(host, message, { cause });
}

// src/engine/client.ts
var Client = class {
  host;
  #way;
  #life = new Life();
  #prefix = "";
  constructor(host, way) {
    this.host = host;
    this.#way = way;
  }
  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get lost() {
    return this.#life.lost;
  }
  /** Speaks this version of the API from now on, whatever the engine's newest is. */
  use(apiVersion) {
    this.#prefix = `/v${apiVersion}`;
  }
  /** Ends everything under way, and every later call, with this error. */
  lose(error2) {
    if (this.#life.lose(error2)) this.#way.agent.destroy();
  }
  /** @throws HostError; NotFound and Conflict for 404 and 409 */
  async call(doing, method, path, options = {}) {
    const { response } = await this.#exchange(doing, method, path, options, false);
    const status2 = response.statusCode ?? 0;
    const body2 = await this.#bodyOf(doing, response, options.signal);
    if (status2 >= 400 && !options.allow?.includes(status2))
      throw engineError(this.host, doing, status2, messageIn(body2));
    return { status: status2, headers: response.headers, body: body2 };
  }
  /** The same for an answer in JSON. */
  async json(doing, method, path, options = {}) {
    return this.#parsed(doing, (await this.call(doing, method, path, options)).body);
  }
  /** The JSON of what may be absent: `undefined` when the engine says 404. */
  async find(doing, path) {
    const { status: status2, body: body2 } = await this.call(doing, "GET", path, { allow: [404] });
    return status2 === 404 ? void 0 : this.#parsed(doing, body2);
  }
  /** A response that goes on until somebody ends it. Its errors are HostErrors. */
  async stream(doing, path, options) {
    const { response } = await this.#exchange(doing, "GET", path, options, false);
    const status2 = response.statusCode ?? 0;
    if (status2 >= 400) {
      throw engineError(
        this.host,
        doing,
        status2,
        messageIn(await this.#bodyOf(doing, response, options.signal))
      );
    }
    const forget = this.#life.track((error2) => response.destroy(error2), options.signal);
    response.once("close", forget);
    return response;
  }
  /** Turns a request into a plain connection in both directions (`Upgrade: tcp`), as attach and exec need it. */
  async hijack(doing, path, options) {
    const { response, upgraded } = await this.#exchange(doing, "POST", path, options, true);
    if (upgraded === void 0) {
      const body2 = await this.#bodyOf(doing, response, options.signal);
      throw engineError(this.host, doing, response.statusCode ?? 0, messageIn(body2));
    }
    const forget = this.#life.track((error2) => upgraded.socket.destroy(error2), options.signal);
    upgraded.socket.once("close", forget);
    return upgraded;
  }
  /** What a broken connection means to who asked. The reason of the loss, if that is what broke it. */
  async explained(doing, error2) {
    if (error2 instanceof HostError) return error2;
    const { afterthought } = this.#way;
    if (afterthought !== void 0 && !this.lost.aborted) await this.#life.lostWithin(afterthought);
    const cause = error2 instanceof Error ? error2 : new Error(messageOf(error2));
    if (this.#way.isLoss?.(cause)) this.lose(unreachable(this.host, cause));
    if (this.lost.reason instanceof HostError) return this.lost.reason;
    return new HostError(this.host, `could not ${doing}: ${this.#way.explain(cause)}`, { cause });
  }
  async #exchange(doing, method, path, options, upgrade) {
    for (let attempt2 = 1; ; attempt2 += 1) {
      this.#life.throwIfLost();
      options.signal?.throwIfAborted();
      const request3 = send(this.#way, method, `${this.#prefix}${path}`, options, upgrade);
      try {
        return await this.#answered(request3, options);
      } catch (error2) {
        if (options.signal?.aborted) throw error2;
        if (method === "GET" && request3.reusedSocket && attempt2 < 3 && !this.lost.aborted) continue;
        throw await this.explained(doing, error2);
      }
    }
  }
  #answered(request3, { signal }) {
    return new Promise((resolve4, reject) => {
      const forget = this.#life.track((error2) => request3.destroy(error2), signal);
      request3.on("error", (error2) => {
        forget();
        if (this.#way.isLoss?.(error2)) this.lose(unreachable(this.host, error2));
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
  async #bodyOf(doing, response, signal) {
    const forget = this.#life.track((error2) => response.destroy(error2), signal);
    try {
      const chunks = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error2) {
      if (signal?.aborted) throw error2;
      throw await this.explained(doing, error2);
    } finally {
      forget();
    }
  }
  #parsed(doing, body2) {
    try {
      return JSON.parse(body2.toString());
    } catch (error2) {
      throw new HostError(this.host, `could not ${doing}: the engine's answer is not JSON.`, {
        evidence: [body2.toString().slice(0, 200)],
        cause: error2
      });
    }
  }
};
function messageIn(body2) {
  const text5 = body2.toString().trim();
  try {
    return new Fields(JSON.parse(text5)).text("message") || text5;
  } catch {
    return text5;
  }
}

// src/engine/answers.ts
function versionOf2(value) {
  const version = new Fields(value);
  return {
    version: version.text("Version"),
    apiVersion: version.text("ApiVersion"),
    os: version.text("Os"),
    architecture: version.text("Arch")
  };
}
function summaryOf(container) {
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
var ASKED_FOR = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];
function detailsOf(value) {
  const container = new Fields(value);
  const state = container.object("State");
  const networks = container.object("NetworkSettings").entries("Networks");
  return {
    id: container.text("Id"),
    name: withoutSlash([container.text("Name")]),
    imageId: container.text("Image"),
    labels: container.object("Config").map("Labels"),
    state: stateOf3(state.text("Status")),
    health: state.has("Health") ? healthOf2(container) : void 0,
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
          address: network.text("IPAddress"),
          address6: network.text("GlobalIPv6Address"),
          endpoint: network.pick(...ASKED_FOR)
        }
      ])
    )
  };
}
function imageOf3(image) {
  return {
    id: image.text("Id"),
    repoTags: image.texts("RepoTags"),
    repoDigests: image.texts("RepoDigests"),
    labels: image.has("Config") ? image.object("Config").map("Labels") : image.map("Labels"),
    size: image.number("Size"),
    layers: image.has("RootFS") ? image.object("RootFS").texts("Layers") : []
  };
}
function namedOf(object3) {
  return { name: object3.text("Name"), labels: object3.map("Labels") };
}
function healthOf2(container) {
  const health = container.object("State").object("Health");
  const status2 = health.text("Status");
  return {
    status: status2 === "starting" || status2 === "healthy" || status2 === "unhealthy" ? status2 : "none",
    lastOutput: health.objects("Log").at(-1)?.text("Output") ?? "",
    test: container.object("Config").object("Healthcheck").texts("Test")
  };
}
function stateOf3(status2) {
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
  const name = names.find((each2) => each2.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return name.replace(/^\//, "");
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
  for await (const entry2 of entries) {
    const { name, type } = entry2.header;
    if (type === "directory") folder ??= name.endsWith("/") ? name : `${name}/`;
    const content = await buffer(entry2);
    if (type === "file")
      files.set(folder !== void 0 && name.startsWith(folder) ? name.slice(folder.length) : name, content);
  }
  return files;
}
var EMPTY_ARCHIVE = Buffer.alloc(1024);

// src/run/lines.ts
import { StringDecoder } from "node:string_decoder";
var Lines = class {
  #decoder = new StringDecoder("utf8");
  #onLine;
  #rest = "";
  constructor(onLine) {
    this.#onLine = onLine;
  }
  push(chunk) {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(withoutReturn(line));
  }
  /** Hands on what came after the last line break. */
  end() {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#onLine(withoutReturn(rest));
  }
};
function withoutReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

// src/engine/events.ts
async function openEvents(client, filters, signal, since2) {
  const query = {
    filters: JSON.stringify(filters),
    ...since2 === void 0 ? {} : { since: unixTime(since2) }
  };
  return read(client, await client.stream("listen to its events", "/events", { query, signal }), signal);
}
var unixTime = (moment2) => (Date.parse(moment2) / 1e3).toFixed(3);
async function* read(client, response, signal) {
  let complete = [];
  const lines = new Lines((line) => complete.push(line));
  try {
    for await (const chunk of response) {
      lines.push(Buffer.from(chunk));
      const ready = complete;
      complete = [];
      for (const line of ready) if (line.trim() !== "") yield eventOf(line);
    }
  } catch (error2) {
    if (signal.aborted) return;
    throw await client.explained("listen to its events", error2);
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
function linesOf(multiplexed, body2) {
  const lines = [];
  const streams = {
    stdout: new Lines((line) => lines.push(line)),
    stderr: new Lines((line) => lines.push(line))
  };
  if (multiplexed) new Demultiplexer((stream, data) => streams[stream].push(data)).push(body2);
  else streams.stdout.push(body2);
  streams.stdout.end();
  streams.stderr.end();
  return lines;
}

// src/engine/exec.ts
async function exec(client, id2, argv, options) {
  const { signal, stdin } = options;
  const doing = `run "${argv[0] ?? ""}" in container ${id2}`;
  const attach = { AttachStdin: stdin !== void 0, AttachStdout: true, AttachStderr: true };
  const made2 = await client.json(doing, "POST", `/containers/${encodeURIComponent(id2)}/exec`, {
    body: { ...attach, Cmd: argv },
    signal
  });
  const execution = new Fields(made2).text("Id");
  const output = await outputOf(client, doing, execution, options);
  for (let pause3 = 5; ; pause3 = Math.min(pause3 * 2, 500)) {
    const state = new Fields(await client.json(doing, "GET", `/exec/${execution}/json`, { signal }));
    if (!state.flag("Running")) {
      if (!state.has("ExitCode"))
        throw new HostError(client.host, `could not ${doing}: the engine knows no exit code of it.`);
      return { exitCode: state.number("ExitCode"), ...output };
    }
    await delay(pause3, void 0, {
      signal: signal === void 0 ? client.lost : AbortSignal.any([signal, client.lost])
    }).catch(() => {
      throw signal?.aborted ? signal.reason : client.lost.reason;
    });
  }
}
async function outputOf(client, doing, execution, { stdin, signal }) {
  const { socket, head } = await client.hijack(doing, `/exec/${execution}/start`, {
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
    if (client.lost.aborted) throw client.lost.reason;
  } finally {
    socket.destroy();
  }
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}

// src/engine/paths.ts
function containerPath(id2) {
  return `/containers/${encodeURIComponent(id2)}`;
}
function imagePath(reference) {
  return `/images/${encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}`;
}
function filtersOf2(filters) {
  return JSON.stringify(filters);
}

// src/engine/images.ts
async function inspectImage(client, reference) {
  const found = await client.find(`inspect image ${reference}`, `${imagePath(reference)}/json`);
  return found === void 0 ? void 0 : imageOf3(new Fields(found));
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
  const query = { filters: filtersOf2(filters) };
  return listOf(await client.json("list images", "GET", "/images/json", { query })).map(imageOf3);
}
async function importEmptyImage(client, repository, tag) {
  const doing = `make image ${repository}:${tag}`;
  const query = { fromSrc: "-", repo: repository, tag };
  const { body: body2 } = await client.call(doing, "POST", "/images/create", { query, body: EMPTY_ARCHIVE });
  for (const line of body2.toString().split("\n").filter(Boolean)) {
    const error2 = new Fields(JSON.parse(line)).text("error");
    if (saysDiskFull(error2)) throw diskFull(client.host, doing, error2);
    if (error2 !== "") throw new HostError(client.host, `could not ${doing}: ${error2}`);
  }
}

// src/engine/removal.ts
var PATIENCE3 = 3e4;
async function removeContainer(client, id2, force) {
  const doing = `remove container ${id2}`;
  try {
    await client.call(doing, "DELETE", containerPath(id2), {
      query: { v: "true", force: String(force) },
      allow: [404]
    });
  } catch (error2) {
    if (!(error2 instanceof Conflict && /already in progress/.test(error2.message))) throw error2;
    await awaitRemoval(client, id2, doing);
  }
}
async function awaitRemoval(client, id2, doing) {
  const over = AbortSignal.timeout(PATIENCE3);
  try {
    const query = { condition: "removed" };
    await client.call(doing, "POST", `${containerPath(id2)}/wait`, { query, allow: [404], signal: over });
  } catch (error2) {
    if (!over.aborted) throw error2;
    throw new HostError(
      client.host,
      `could not ${doing}: its removal was under way and has not ended after ${PATIENCE3 / 1e3} s. Look at "docker ps -a" and the engine's log on the host.`
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
  get cli() {
    return this.#connection.cli;
  }
  get lost() {
    return this.#client.lost;
  }
  version() {
    return Promise.resolve(this.#connection.version);
  }
  async listContainers(labels3) {
    const query = { all: "true", filters: filtersOf2({ label: labels3 }) };
    return listOf(await this.#client.json("list containers", "GET", "/containers/json", { query })).map(
      summaryOf
    );
  }
  async inspectContainer(id2) {
    return detailsOf(await this.#client.json(`inspect container ${id2}`, "GET", `${containerPath(id2)}/json`));
  }
  async createContainer(name, spec) {
    const options = { query: { name }, body: spec };
    return new Fields(
      await this.#client.json(`create container ${name}`, "POST", "/containers/create", options)
    ).text("Id");
  }
  async startContainer(id2) {
    await this.#client.call(`start container ${id2}`, "POST", `${containerPath(id2)}/start`);
  }
  async stopContainer(id2, timeout) {
    const query = { t: timeout === void 0 ? void 0 : String(timeout) };
    await this.#client.call(`stop container ${id2}`, "POST", `${containerPath(id2)}/stop`, { query });
  }
  removeContainer(id2, options = {}) {
    return removeContainer(this.#client, id2, options.force ?? false);
  }
  async setRestartPolicy(id2, policy) {
    await this.#client.call(
      `set the restart policy of container ${id2}`,
      "POST",
      `${containerPath(id2)}/update`,
      {
        body: { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.attempts } }
      }
    );
  }
  async containerLogs(id2, tail) {
    const query = { stdout: "true", stderr: "true", tail: String(tail) };
    const { headers, body: body2 } = await this.#client.call(
      `read the log of container ${id2}`,
      "GET",
      `${containerPath(id2)}/logs`,
      { query }
    );
    return linesOf(headers["content-type"] === "application/vnd.docker.multiplexed-stream", body2);
  }
  exec(id2, argv, options = {}) {
    return exec(this.#client, id2, argv, options);
  }
  async readFiles(id2, path) {
    const doing = `read ${path} of container ${id2}`;
    try {
      const { body: body2 } = await this.#client.call(doing, "GET", `${containerPath(id2)}/archive`, {
        query: { path }
      });
      return await unpackFiles(body2);
    } catch (error2) {
      if (error2 instanceof NotFound && !/no such container/i.test(error2.message)) return /* @__PURE__ */ new Map();
      throw error2;
    }
  }
  async writeFiles(id2, path, files) {
    const options = { query: { path }, body: await packFiles(files) };
    await this.#client.call(
      `write ${[...files.keys()].join(", ")} to ${path} of container ${id2}`,
      "PUT",
      `${containerPath(id2)}/archive`,
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
  async listNetworks(labels3) {
    return listOf(
      await this.#client.json("list networks", "GET", "/networks", {
        query: { filters: filtersOf2({ label: labels3 }) }
      })
    ).map(namedOf);
  }
  async createNetwork(spec) {
    await this.#client.call(`create network ${spec["Name"]}`, "POST", "/networks/create", { body: spec });
  }
  async connectNetwork(name, id2, endpoint) {
    await this.#client.call(
      `connect container ${id2} to network ${name}`,
      "POST",
      `/networks/${encodeURIComponent(name)}/connect`,
      { body: { Container: id2, EndpointConfig: endpoint } }
    );
  }
  async disconnectNetwork(name, id2) {
    await this.#client.call(
      `disconnect container ${id2} from network ${name}`,
      "POST",
      `/networks/${encodeURIComponent(name)}/disconnect`,
      { body: { Container: id2 } }
    );
  }
  async inspectVolume(name) {
    const found = await this.#client.find(`inspect volume ${name}`, `/volumes/${encodeURIComponent(name)}`);
    return found === void 0 ? void 0 : namedOf(new Fields(found));
  }
  async createVolume(spec) {
    await this.#client.call(`create volume ${spec["Name"]}`, "POST", "/volumes/create", { body: spec });
  }
  events(filters, signal, since2) {
    return openEvents(this.#client, filters, signal, since2);
  }
  async close() {
    this.#client.lose(new HostError(this.host, "the connection was closed."));
    await this.#connection.close();
  }
};

// src/engine/endpoints.ts
import { Agent as Agent2 } from "node:http";
import { Agent as TlsAgent } from "node:https";

// src/engine/tls.ts
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir as mkdir4, mkdtemp, rm as rm2, writeFile as writeFile5 } from "node:fs/promises";
import { join as join8 } from "node:path";
import { createSecureContext } from "node:tls";
var FAILURES = [
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
function tlsFailure(error2) {
  const text5 = `${error2.code ?? ""} ${error2.message}`;
  return FAILURES.find(([pattern]) => pattern.test(text5))?.[1];
}
function checkTls({ ca, cert, key }) {
  const readable2 = (input, what, read2) => {
    try {
      read2();
    } catch (error2) {
      throw new ConfigurationError(
        `${input}: not a ${what} that can be read. Give the text of the PEM file.`,
        {
          cause: error2
        }
      );
    }
  };
  readable2("tls-ca", "certificate", () => new X509Certificate(ca));
  readable2("tls-cert", "certificate", () => new X509Certificate(cert));
  readable2("tls-key", "private key", () => createPrivateKey(key));
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
    Object.entries(files).map(([name, text5]) => writeFile5(join8(folder, name), text5, { mode: 384 }))
  );
  return { folder, remove: () => rm2(folder, { recursive: true, force: true }) };
}

// src/engine/endpoints.ts
var SOCKETS2 = 64;
var START = "Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.";
var UNREACHABLE = /* @__PURE__ */ new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);
function unixEndpoint(path) {
  return {
    agent: new Agent2({ keepAlive: true, maxSockets: SOCKETS2 }),
    target: { socketPath: path },
    explain: (error2) => {
      switch (error2.code) {
        case "ENOENT":
          return `there is no socket ${path}. Is Docker installed on this machine and running, and is the path in hosts right?`;
        case "ECONNREFUSED":
          return `nobody listens on ${path}: the Docker engine of this machine is not running. ${START}`;
        case "EACCES":
          return `${path} may not be opened by this user. Add the runner's user to the group "docker" and start the runner anew.`;
        default:
          return stopped(error2);
      }
    }
  };
}
function tunnelEndpoint(path, sockets = SOCKETS2) {
  return {
    // What idles in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent2({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    target: { socketPath: path },
    explain: stopped,
    afterthought: 250
  };
}
function tcpEndpoint({ hostname, port }, tls) {
  return {
    agent: new TlsAgent({
      keepAlive: true,
      maxSockets: SOCKETS2,
      ...tls,
      minVersion: "TLSv1.2",
      rejectUnauthorized: true
    }),
    target: { host: hostname, port },
    isLoss: (error2) => error2.syscall !== "connect" && UNREACHABLE.has(error2.code ?? ""),
    explain: (error2) => {
      const tls2 = tlsFailure(error2);
      if (tls2 !== void 0) return `${tls2} (${reasonIn(error2)})`;
      switch (error2.code) {
        case "ENOTFOUND":
        case "EAI_AGAIN":
          return `no address was found for the name ${hostname}. Is it spelled right in hosts, and known to the runner's name server?`;
        case "ECONNREFUSED":
          return `nobody listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify, and the port in hosts right? ${START}`;
        default:
          return UNREACHABLE.has(error2.code ?? "") ? `port ${port} could not be reached (${error2.code}). Is the server up, and may this runner reach it (firewall, VPN)?` : `${stopped(error2)} Or it refuses the certificate in tls-cert.`;
      }
    }
  };
}
function reasonIn({ message }) {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.["reason"] ?? message.trim();
}
function stopped(error2) {
  return `the Docker engine broke the call off (${error2.code ?? error2.message}). Was it stopped or restarted? ${START}`;
}

// src/engine/engine-errors.ts
function engineBehindSsh(address, said3, cause) {
  const evidence = [...said3.forwarding.slice(-3), ...said3.dialing.slice(-5)];
  return new HostError(address.name, meaning(address.user ?? "the user", said3), { evidence, cause });
}
function meaning(user, { forwarding, dialing }) {
  const text5 = dialing.join("\n");
  const refused = forwarding.some((line) => /administratively prohibited/.test(line));
  if (/permission denied/i.test(text5)) {
    return `${user} may not use Docker there. Add the user to the group: sudo usermod -aG docker ${user === "the user" ? "USER" : user}`;
  }
  if (/command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text5) && !/daemon/i.test(text5)) {
    return refused ? `sshd refuses to forward the engine's socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command in the PATH of a command run over SSH to take its place. Allow the one or install the other.` : "Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/";
  }
  if (/Session open refused|session request failed/i.test(text5)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  return `the Docker engine is not running there. ${START}`;
}

// src/engine/heartbeat.ts
import * as https2 from "node:https";
var PACE = { interval: 5e3, patience: 15e3 };
function watchOver(client, options, pace2 = PACE) {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * pace2.interval >= pace2.patience) {
      client.lose(unreachable(client.host));
      return;
    }
    unanswered += 1;
    const request3 = https2.get(
      { ...options, path: "/_ping", agent: false, timeout: pace2.patience },
      (response) => {
        unanswered = 0;
        response.resume();
      }
    );
    request3.on("timeout", () => request3.destroy(new Error("no answer")));
    request3.on("error", (error2) => {
      if (error2.code === "ECONNREFUSED" || error2.code === "ECONNRESET") unanswered = 0;
    });
  }, pace2.interval);
  timer.unref();
  return () => clearInterval(timer);
}

// src/engine/probe.ts
var API = "1.44";
var PATIENCE4 = 2e4;
async function probe2(client) {
  const signal = AbortSignal.timeout(PATIENCE4);
  let answer;
  try {
    answer = await client.json("reach its Docker engine", "GET", "/version", { signal });
  } catch (error2) {
    if (!signal.aborted || client.lost.aborted) throw error2;
    const seconds2 = PATIENCE4 / 1e3;
    throw new HostError(
      client.host,
      `could not reach its Docker engine: no answer within ${seconds2} s. Is the server up, and may this runner reach it?`
    );
  }
  const version = versionOf2(answer);
  if (version.version === "") throw new HostError(client.host, "what answers there is no Docker engine.");
  if (isOlder(version.apiVersion, API)) {
    throw new HostError(
      client.host,
      `Docker ${version.version} is too old (its API is ${version.apiVersion}). Install Docker Engine 25 or later: https://docs.docker.com/engine/install/`
    );
  }
  const oldest = new Fields(answer).text("MinAPIVersion");
  client.use(isOlder(API, oldest) ? oldest : API);
  return version;
}
function isOlder(a, b) {
  if (a === "" || b === "") return false;
  const [major = 0, minor = 0] = a.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split(".").map(Number);
  return major < otherMajor || major === otherMajor && minor < otherMinor;
}

// src/engine/ssh.ts
import { spawn as spawn3 } from "node:child_process";
import { mkdtemp as mkdtemp2, rm as rm3, writeFile as writeFile7 } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as join10 } from "node:path";

// src/engine/dial-stdio.ts
import { spawn } from "node:child_process";
import { once as once2 } from "node:events";
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
function startError(program, error2) {
  return new ConfigurationError(
    `${program} could not be started on this runner (${messageOf(error2)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error2 }
  );
}

// src/engine/dial-stdio.ts
var SESSIONS = 9;
var KEPT_LINES = 10;
async function openDialStdio(socketPath2, ssh) {
  const said3 = [];
  const waiting = [];
  const open2 = /* @__PURE__ */ new Set();
  const next2 = () => {
    const socket = open2.size < SESSIONS ? waiting.shift() : void 0;
    if (socket === void 0) return;
    if (socket.destroyed) return next2();
    open2.add(socket);
    void dial(socket, ssh, (line) => {
      said3.push(line);
      if (said3.length > KEPT_LINES) said3.shift();
    }).finally(() => {
      open2.delete(socket);
      next2();
    });
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => void 0);
    waiting.push(socket);
    next2();
  });
  server.listen({ path: socketPath2 });
  await once2(server, "listening");
  return {
    socketPath: socketPath2,
    said: said3,
    close: async () => {
      const closed = new Promise((resolve4) => server.close(resolve4));
      for (const socket of [...open2, ...waiting]) socket.destroy();
      await closed;
    }
  };
}
async function dial(socket, ssh, onLine) {
  const child = spawn("ssh", [...ssh, "docker system dial-stdio"], { env: sshEnvironment(), stdio: "pipe" });
  const lines = new Lines(onLine);
  child.stderr.on("data", (chunk) => lines.push(chunk));
  const closed = once2(child, "close");
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

// src/engine/keys.ts
var BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
var OPENSSH = "openssh-key-v1\0";
function privateKeys(text5, passphrase) {
  const unwrapped = unwrap(text5);
  const keys = [...unwrapped.matchAll(BLOCK)].map(
    ({ groups }) => mended(groups?.["label"] ?? "", groups?.["body"] ?? "")
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${whatElse(unwrapped)}`);
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
  const length = blob.length >= OPENSSH.length + 4 ? blob.readUInt32BE(OPENSSH.length) : 0;
  return blob.toString("latin1", OPENSSH.length + 4, OPENSSH.length + 4 + length) !== "none";
}
function unwrap(text5) {
  const plain3 = text5.replaceAll(/\\r|\r/g, "").replaceAll("\\n", "\n").trim();
  if (plain3.includes("-----BEGIN ") || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain3)) return plain3;
  const decoded = Buffer.from(plain3, "base64").toString("latin1");
  return decoded.startsWith("-----BEGIN ") ? decoded : plain3;
}
function mended(label, body2) {
  const headers = /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s.exec(
    body2
  )?.groups;
  const base642 = (headers?.["rest"] ?? body2).replaceAll(/\s+/g, "");
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
  if (label === "OPENSSH PRIVATE KEY" && !Buffer.from(base642, "base64").toString("latin1").startsWith(OPENSSH)) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Give the whole text of the private key's file."
    );
  }
  return key;
}
function whatElse(text5) {
  const give = "Give the text of the private key's file, beginning with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text5) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text5)) {
    return `this is the public half of a key. ${give} (The public half goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text5.startsWith("PuTTY-User-Key-File-")) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and give the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text5)?.groups?.["label"];
  if (label?.endsWith("PRIVATE KEY")) {
    return "the key ends early: its END line is missing. Was it cut when it was pasted, or only its first line given?";
  }
  if (label !== void 0) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${give}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text5))
    return `this is a path, and the key itself is wanted. ${give}`;
  return `this is not a private key. ${give}`;
}

// src/engine/known-hosts.ts
var MARKERS = /* @__PURE__ */ new Set(["@cert-authority", "@revoked"]);
var KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;
function parseKnownHosts(text5) {
  const hosts2 = text5.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line, index) => ({ number: index + 1, line: line.trim() })).filter(({ line }) => line !== "" && !line.startsWith("#"));
  for (const host of hosts2) check(host);
  if (hosts2.length > 0) return hosts2;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" from a network that you trust and give its lines.'
  );
}
function renderKnownHosts(hosts2) {
  const lines = [];
  for (const { number, line } of hosts2) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? "").join("\n")}
`;
}
function malformed(number, why2) {
  return new ConfigurationError(
    `known-hosts: line ${number} ${why2}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`
  );
}
function check({ number, line }) {
  const words = line.split(/[ \t]+/);
  if (line.startsWith("@") && !MARKERS.has(words[0] ?? "")) {
    throw malformed(number, "begins with a marker other than @cert-authority and @revoked");
  }
  const [hosts2, type, key] = words.slice(line.startsWith("@") ? 1 : 0);
  if (hosts2 !== void 0 && KEY_TYPE.test(hosts2) && type?.startsWith("AAAA")) {
    throw malformed(number, "is a public key without the name of its host before it");
  }
  if (line.includes("PRIVATE KEY"))
    throw malformed(number, "belongs to a private key, which must never stand here");
  if (type === void 0) throw malformed(number, "is a single word");
  if (!KEY_TYPE.test(type)) throw malformed(number, "has no type of key as its second word");
  if (key === void 0) throw malformed(number, "has no key");
  const keyType = wholeStrings(key)?.[0]?.toString("latin1");
  if (keyType === void 0) throw malformed(number, "has a key that is cut off or damaged");
  if (keyType !== type) throw malformed(number, "has a key of another type than it says");
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
async function checkKnownHosts(hosts2, tools) {
  if (await readable(hosts2, tools) === hosts2.length) return;
  for (const host of hosts2) {
    if (await readable([host], tools) === 0)
      throw malformed(host.number, "has a key that OpenSSH can not read");
  }
}
async function readable(hosts2, tools) {
  const stdin = hosts2.map(({ line }) => `${line.replace(/^@\S+\s+/, "")}
`).join("");
  try {
    const { stdout } = await tools.run("ssh-keygen", ["-l", "-f", "-"], { env: sshEnvironment(), stdin });
    return stdout.split("\n").filter(Boolean).length;
  } catch (error2) {
    if (error2 instanceof CommandError) return 0;
    throw error2;
  }
}

// src/engine/ssh-agent.ts
import { spawn as spawn2 } from "node:child_process";
import { once as once3 } from "node:events";
import { writeFile as writeFile6 } from "node:fs/promises";
import { join as join9 } from "node:path";
var LIFETIME = "120";
var ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;
async function startAgent(folder, keys, passphrase, tools) {
  const socket = join9(folder, "agent");
  const child = spawn2("ssh-agent", ["-a", socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat >/dev/null'], {
    env: sshEnvironment(),
    stdio: ["pipe", "pipe", "ignore"]
  });
  child.stdin.on("error", () => void 0);
  const exited = once3(child, "exit").then(() => void 0);
  const started = new Promise((resolve4) => {
    const lines = new Lines((line) => resolve4(Number(line)));
    child.stdout.on("data", (chunk) => lines.push(chunk));
  });
  const pid = await Promise.race([started, exited]).catch((error2) => {
    throw startError("ssh-agent", error2);
  });
  if (pid === void 0)
    throw new ConfigurationError("ssh-agent ended as soon as it was started on this runner.");
  const agent = {
    socket,
    fingerprints: async () => {
      const { stdout } = await tools.run("ssh-add", ["-l"], {
        env: { ...sshEnvironment(), SSH_AUTH_SOCK: socket },
        allow: [1, 2]
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
    await tools.run("ssh-add", ["-q", "-t", LIFETIME, "-"], { env, stdin: key });
  } catch (error2) {
    if (!(error2 instanceof CommandError)) throw error2;
    throw unreadable2(key, passphrase, error2);
  }
}
function unreadable2(key, passphrase, error2) {
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
  const hops = unscopedHops(users);
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
  const why2 = RESERVED.get(keywordOf(line));
  if (why2 === void 0) return;
  const keyword = /^[^\s=]*/.exec(line)?.[0] ?? line;
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why2}. Take the line out.`);
}
function keywordOf(line) {
  return (/^"?(?<keyword>[A-Za-z0-9]+)/.exec(line)?.groups?.["keyword"] ?? "").toLowerCase();
}
function unscopedHops(lines) {
  const block = lines.findIndex((line) => ["host", "match"].includes(keywordOf(line)));
  const jumps = lines.slice(0, block < 0 ? void 0 : block).filter((line) => keywordOf(line) === "proxyjump");
  return jumps.map((line) => line.replace(/^"?proxyjump"?\s*[\s=]\s*/i, "").replaceAll('"', "")).flatMap((value) => value.split(",")).map(
    (hop2) => hop2.trim().replace(/^ssh:\/\//, "").replace(/^.*@/, "")
  ).map((hop2) => hop2.startsWith("[") ? hop2.slice(1).replace(/\].*$/, "") : hop2.replace(/:\d+\/?$/, "")).filter((hop2) => hop2 !== "" && hop2 !== "none");
}
function quoted(path) {
  return `"${path.replaceAll("%", "%%")}"`;
}

// src/engine/ssh-errors.ts
var EXPLANATIONS = [
  {
    pattern: /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    configuration: true,
    explain: ({ line, why: why2 }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === void 0 ? "" : `line ${number}: `}${why2}. See ssh_config(5).`;
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
    explain: ({ host }, { name }) => `known-hosts: the key that ${whose2(host, name)} shows is marked as @revoked. The connection was not made.`
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    configuration: true,
    explain: ({ host }, { name }, lines) => {
      const shown = lines.map((line2) => /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/.exec(line2)?.groups?.["print"]).find(Boolean);
      const kind = find3(lines, /fingerprint for the (?<kind>\S+) key sent/)?.["kind"] ?? "";
      const line = find3(lines, /Offending .* key in .*:(?<line>\d+)$/)?.["line"];
      const known = line === void 0 ? "" : ` than line ${line} says`;
      return `known-hosts: ${whose2(host, name)} shows another host key${known}: ${kind} ${shown ?? "unknown"}. Either it was set up anew or somebody stands between. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, put the new line from "${keyscan(host)}" in its place.`;
    }
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    configuration: true,
    explain: ({ kind, host }, { name, offered }) => {
      const shown = offered ?? `a key of the type ${kind}`;
      return `known-hosts: no line is for ${whose2(host, name)}, which shows ${shown}. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, add the line that "${keyscan(host)}" prints. Nothing was trusted.`;
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
      const keys = context.keys.length === 0 ? "no key" : context.keys.map(shortPrint).join(" and ");
      return `${jumping(host, context)}the login was refused: ${who} does not accept the key in ssh-key (${keys}). Add its public half to ~/.ssh/authorized_keys of that user on the server, or change the user in hosts.`;
    }
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => "the login was refused after too many keys. Give only the key of this user in ssh-key."
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why: why2 }, context) => `${jumping(host, context)}no address was found for the name ${host} (${why2}). Is it spelled right in hosts, and known to the runner's name server?`
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why: why2 }, context) => {
      const way = why2 === "Connection refused" ? `No SSH server listens on port ${port} there. Is the port in hosts right, and sshd running?` : "Is the server up, and may this runner reach it (firewall, VPN, a ProxyJump in ssh-config)?";
      return `${jumping(host, context)}could not be reached: port ${port} of ${host}: ${why2}. ${way}`;
    }
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () => 'the jump host refuses to pass the connection on. It needs AllowTcpForwarding (at least "local") in its sshd_config.'
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why: why2 }) => `the jump host could not reach it: ${why2}. Are host and port in hosts right, as seen from the jump host?`
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why: why2 }) => `server and runner have no way to encrypt in common: ${why2} The server's OpenSSH is old; update it, or allow its ways with ssh-config.`
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
function loginError(said3, context) {
  const lines = said3.filter((line) => !line.startsWith("debug") && line.trim() !== "");
  const options = { evidence: lines.slice(-12) };
  for (const { pattern, explain, configuration } of EXPLANATIONS) {
    const groups = find3(lines, pattern);
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
function lostError(said3, name, how) {
  const lines = said3.filter((line) => !line.startsWith("debug") && line.trim() !== "");
  const options = { evidence: lines.slice(-5) };
  if (find3(lines, /^Timeout, server .* not responding/) !== void 0) {
    return new HostError(
      name,
      "the SSH connection was lost: the server did not answer for 15 s. Network or server went down.",
      options
    );
  }
  if (find3(lines, /closed by remote host|Connection reset|Broken pipe/) !== void 0) {
    return new HostError(
      name,
      "the SSH connection was lost: the server closed it. Was sshd or the server restarted?",
      options
    );
  }
  return new HostError(name, `the SSH connection was lost: ssh ${how}.`, options);
}
function find3(lines, pattern) {
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
function whose2(host, name) {
  return host === void 0 ? name : `${host} (on the way to ${name})`;
}
function keyscan(host) {
  const { hostname, port } = withoutBrackets(host ?? "HOST");
  return port === void 0 ? `ssh-keyscan ${hostname}` : `ssh-keyscan -p ${port} ${hostname}`;
}
function jumping(host, { hostname }) {
  return host === void 0 || withoutBrackets(host).hostname === hostname ? "" : `on the way there, at ${host}, `;
}
function shortPrint(key) {
  const [, print = key] = key.split(" ");
  return print;
}

// src/engine/ssh.ts
var ENGINE_SOCKET = "/var/run/docker.sock";
var HOLD = "echo ready; exec cat >/dev/null";
var LONGEST_FOLDER = 75;
var LOGIN_PATIENCE = 6e4;
var KEPT_LINES2 = 60;
async function openTunnel(address, access2, tools) {
  const keys = privateKeys(access2.privateKey, access2.passphrase);
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
    agent = await startAgent(folder, keys, access2.passphrase, tools);
    return await logIn2(address, folder, { config, agent, tools });
  } catch (error2) {
    await rm3(folder, { recursive: true, force: true });
    throw error2;
  } finally {
    agent?.end();
  }
}
async function logIn2(address, folder, { config, agent, tools }) {
  const socketPath2 = join10(folder, "engine");
  const control = join10(folder, "ctl");
  const common2 = ["-F", join10(folder, "config"), "-T", ...destination(address)];
  const child = spawn3(
    "ssh",
    [
      ...["-M", "-S", control, "-L", `${socketPath2}:${ENGINE_SOCKET}`],
      ...["ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177"].flatMap(
        (option) => ["-o", option]
      ),
      ...common2,
      HOLD
    ],
    { env: sshEnvironment(), stdio: "pipe" }
  );
  const session = watch3(child, (line) => tools.log.debug(`${address.name}: ssh: ${line}`));
  const deadline = setTimeout(() => {
    session.said.push(`Connection timed out: no login within ${LOGIN_PATIENCE / 1e3} s`);
    child.kill();
  }, LOGIN_PATIENCE);
  if (!await session.ready.finally(() => clearTimeout(deadline))) {
    const exitCode = await session.ended;
    const context = {
      name: address.name,
      hostname: address.hostname,
      config,
      exitCode,
      keys: await agent.fingerprints()
    };
    throw loginError(session.said, { ...context, offered: await offeredKey(session.said, common2, tools) });
  }
  let closing2 = false;
  let fallback;
  const end = async () => {
    child.stdin.end();
    child.kill();
    await session.ended;
    await (await fallback)?.close();
    await rm3(folder, { recursive: true, force: true });
  };
  const lost = new Promise((resolve4) => {
    void session.ended.then((code2) => {
      if (closing2) return;
      resolve4(
        lostError(
          session.said,
          address.name,
          code2 === void 0 ? "was ended by a signal" : `ended with exit code ${code2}`
        )
      );
    });
  });
  return {
    socketPath: socketPath2,
    said: session.said,
    lost,
    dialStdio: () => fallback ??= openDialStdio(join10(folder, "dial"), ["-S", control, ...common2]),
    close: async () => {
      closing2 = true;
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
function watch3(child, onLine) {
  const said3 = [];
  const keep2 = (line) => {
    said3.push(line);
    if (said3.length > KEPT_LINES2) said3.shift();
    onLine(line);
  };
  const stderr = new Lines(keep2);
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  child.stdin.on("error", () => void 0);
  const ended = new Promise((resolve4) => {
    child.once("close", (code2) => {
      stderr.end();
      resolve4(code2 ?? void 0);
    });
  });
  const ready = new Promise((resolve4, reject) => {
    const stdout = new Lines((line) => line === "ready" ? resolve4(true) : keep2(line));
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.once("error", (error2) => reject(startError("ssh", error2)));
    void ended.then(() => {
      stdout.end();
      resolve4(false);
    });
  });
  return { said: said3, ready, ended };
}
async function offeredKey(said3, common2, tools) {
  if (!said3.some((line) => /^No \S+ host key is known for/.test(line))) return void 0;
  const codes = Array.from({ length: 256 }, (_, code2) => code2);
  const { stderr } = await tools.run("ssh", ["-v", ...common2, "true"], {
    env: sshEnvironment(),
    allow: codes
  });
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.["key"];
}
async function privateFolder(parent) {
  const base = Buffer.byteLength(join10(parent, "hXXXXXX")) <= LONGEST_FOLDER ? join10(parent, "h") : join10(tmpdir(), "sealift-");
  const folder = await mkdtemp2(base);
  if (Buffer.byteLength(folder) <= LONGEST_FOLDER) return folder;
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
  const client = new Client(name, unixEndpoint(path));
  return { client, version: await probe2(client), cli: socketCli(path), close: () => Promise.resolve() };
}
async function overTcp(address, tls, tools) {
  checkTls(tls);
  const client = new Client(address.name, tcpEndpoint(address, tls));
  const version = await probe2(client);
  const files = await writeTlsFiles(tools.folder, tls);
  const unwatch = watchOver(client, { host: address.hostname, port: address.port, ...tls });
  const cli = { DOCKER_HOST: address.name, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: files.folder };
  const close = async () => {
    unwatch();
    await files.remove();
  };
  return { client, version, cli, close };
}
async function overSsh(address, ssh, tools) {
  const tunnel2 = await openTunnel(address, ssh, tools);
  try {
    const client = clientThrough(tunnel2, address, tunnel2.socketPath);
    try {
      const version = await probe2(client);
      return { client, version, cli: socketCli(tunnel2.socketPath), close: tunnel2.close };
    } catch (error2) {
      if (!isBroken(error2)) throw error2;
      client.lose(error2);
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
    return { client, version: await probe2(client), cli: socketCli(dial2.socketPath), close: tunnel2.close };
  } catch (error2) {
    if (!isBroken(error2)) throw error2;
    throw engineBehindSsh(address, { forwarding: tunnel2.said, dialing: dial2.said }, error2);
  }
}
function clientThrough(tunnel2, address, path, sockets) {
  const client = new Client(address.name, tunnelEndpoint(path, sockets));
  void tunnel2.lost.then((error2) => client.lose(error2));
  return client;
}
function isBroken(error2) {
  return error2 instanceof HostError && error2.cause instanceof Error && "code" in error2.cause;
}
function socketCli(path) {
  return { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
}

// src/edge/read-traffic.ts
function readTraffic(files, of, accepted) {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? "";
  const placed2 = (slot2) => {
    const release = state.get(fileName(releaseFile(slot2))) ?? "";
    return release === "" ? void 0 : { slot: slot2, release };
  };
  const canary2 = canaryIn(split);
  if (canary2 !== void 0) {
    return together3(placed2(otherSlot(canary2)), placed2(canary2), accepted);
  }
  const slot = SLOTS.find((each2) => ALL_TO[each2] === split);
  const live = slot === void 0 ? void 0 : placed2(slot);
  if (live === void 0) return void 0;
  const guest = guestOf(state, of, live);
  return together3(
    live,
    guest === void 0 ? void 0 : { slot: otherSlot(live.slot), release: guest },
    accepted
  );
}
function readAsked(files) {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? "";
  const slots = SLOTS.filter((slot) => canaryIn(split) !== void 0 || ALL_TO[slot] === split);
  const lists = [...state].filter(
    ([file2, to]) => to.includes(":") && slots.some((slot) => file2.startsWith(`${slot}.`))
  );
  return new Set(lists.map(([, to]) => to.slice(0, to.lastIndexOf(":"))));
}
function together3(before, next2, accepted) {
  if (before === void 0 || next2 === void 0) return before ?? next2;
  return next2.release === accepted ? { ...next2, shared: before.release } : { ...before, shared: next2.release };
}
function guestOf(state, of, live) {
  const prefix = `${baseProject(of)}-`;
  const ids = [...state].filter(([file2, to]) => file2.startsWith(`${live.slot}.`) && to.includes(":") && to.startsWith(prefix)).map(([, to]) => /^([0-9a-f]{8})-/.exec(to.slice(prefix.length))?.[1]);
  return ids.find((id2) => id2 !== void 0 && id2 !== live.release);
}
function edgeFiles(files) {
  return new Map(
    [...files].filter(([path]) => !path.includes("/") || /(?:^|\/)edge\/[^/]+$/.test(path)).map(([path, content]) => [fileName(path), content.toString("utf8").trim()])
  );
}

// src/target/observe.ts
async function observeHost(engine, of) {
  const containers2 = await engine.listContainers([]);
  const own = containers2.filter(
    (each2) => each2.labels[LABEL.app] === of.app && each2.labels[LABEL.environment] === of.environment
  );
  const workloads = own.filter(
    (each2) => each2.labels[LABEL.role] !== "records" && each2.labels[LABEL.role] !== "edge" && !isOneOff(each2)
  );
  const [files, details] = await Promise.all([readState(engine, of, own), inspectAll(engine, workloads)]);
  const records = recordsIn(files);
  const accepted = acceptedRelease(records.history);
  const observed = details.map((detail) => ({
    labels: detail.labels,
    networks: Object.keys(detail.networks),
    container: observedContainer(detail)
  }));
  const edge = edgeState(own);
  const front = containers2.find((each2) => each2.name === FRONT_CONTAINER);
  return {
    records,
    host: {
      host: engine.host,
      edge,
      front: front?.state === "running",
      traffic: trafficIn({ edge, traffic: readTraffic(files, of, accepted), accepted }),
      asked: readAsked(files),
      accepted,
      releases: releases(of, observed, records.releases),
      accessories: observed.filter(({ labels: labels3 }) => labels3[LABEL.release] === void 0).map(({ container }) => container),
      history: records.history,
      foreignPorts: foreignPorts(containers2.filter((each2) => !own.includes(each2) && each2 !== front))
    }
  };
}
function observedContainer(details) {
  const status2 = details.health?.status;
  return {
    id: details.id,
    name: details.name,
    service: serviceOf(details) ?? details.name,
    number: numberOf(details),
    state: details.state,
    health: status2 === "none" ? void 0 : status2,
    exitCode: details.state === "exited" || details.state === "dead" ? details.exitCode : void 0,
    startedAt: details.startedAt.startsWith("0001") ? void 0 : details.startedAt,
    ...restartsOf(details),
    imageId: details.imageId,
    definition: details.labels[LABEL.definition]
  };
}
function restartsOf(details) {
  if (policyOf(details) === void 0) return {};
  const off = details.restartPolicy === "no";
  if (isStopped(details)) return { restarts: off ? "off" : "left" };
  return off ? { restarts: "lacking" } : {};
}
function releases(of, observed, records) {
  const ids = new Set(records.map((record) => record.id));
  for (const { labels: labels3 } of observed)
    if (labels3[LABEL.release] !== void 0) ids.add(labels3[LABEL.release] ?? "");
  return [...ids].map((id2) => {
    const mine = observed.filter(({ labels: labels3 }) => labels3[LABEL.release] === id2);
    const record = records.find((each2) => each2.id === id2);
    return {
      id: id2,
      containers: mine.map(({ container }) => container),
      slot: commonSlot(
        of,
        mine.map(({ networks }) => networks)
      ),
      record,
      edge: record && edgeOf(record)
    };
  });
}
function foreignPorts(containers2) {
  const held = containers2.flatMap(
    (container) => container.ports.filter((port) => port.protocol === "tcp").map((port) => [port.port, container.name])
  );
  return new Map(held);
}

// src/target/fleet.ts
async function openFleet(target, tools) {
  const engines = await all2(target.hosts, (address) => connect(address, target.access, tools), closeAll);
  return fleetOf(target, tools, engines);
}
async function survey(target, tools) {
  const looks = await Promise.allSettled(
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
    observations: looks.flatMap((look) => look.status === "fulfilled" ? [look.value] : []),
    failures: target.hosts.flatMap(({ name }, index) => {
      const look = looks[index];
      return look?.status === "rejected" ? [{ host: name, error: look.reason }] : [];
    })
  };
}
function fleetOf(target, tools, engines) {
  return {
    engines,
    observe: (of) => all2(engines, (engine) => observeHost(engine, of)),
    close: () => closeAll(engines),
    revive: async () => {
      if (!engines.some((engine) => engine.lost.aborted)) return fleetOf(target, tools, engines);
      await closeAll(engines);
      return openFleet(target, tools);
    }
  };
}
async function closeAll(engines) {
  await Promise.allSettled(engines.map((engine) => engine.close()));
}
async function all2(items, what, cleanUp) {
  const settled = await Promise.allSettled(items.map(what));
  const failures = settled.flatMap(
    (result2) => result2.status === "rejected" ? [result2.reason] : []
  );
  const results = settled.flatMap((result2) => result2.status === "fulfilled" ? [result2.value] : []);
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  const errors2 = failures.map(
    (failure2) => failure2 instanceof Error ? failure2 : new SealiftError(String(failure2))
  );
  throw new SealiftError(
    `${errors2.length} of ${items.length} hosts can't be used: ${errors2.map((error2) => error2.message).join(" · ")}`,
    {
      evidence: errors2.flatMap((error2) => error2 instanceof SealiftError ? error2.evidence : [])
    }
  );
}

// src/deliver.ts
async function deliver(request3, house) {
  const { target, source, options } = request3;
  const { tools, report } = house;
  Object.assign(report, { app: target.app, environment: target.environment });
  const repository = source.kind === "build" ? source.repository : source.images.get("")?.repository ?? target.app;
  const connecting = begun(openFleet(target, tools));
  const reading = begun(
    group("Read the Compose file", async () => {
      const resolved = await resolveCompose(options.compose, target, repository, process.cwd(), tools);
      const split = splitProject(resolved, target, options.compose.domains, options.edge);
      if (source.kind === "given") refuseUnknownServices(split, source.images.keys());
      for (const notice2 of split.notices) tools.log.notice(notice2);
      return { resolved, split };
    })
  );
  const order = orderImages(request3, reading, options, house);
  let fleet;
  try {
    const { split } = await reading;
    fleet = await group("Connect", () => connecting);
    const hooks = {
      before: hooksOf(split, "before-release", options.beforeRelease),
      after: hooksOf(split, "after-release", options.afterRelease)
    };
    const strategy = chooseStrategy(split, options.strategy);
    await preflight(fleet.engines, await fleet.observe(target), split);
    const images = await order.fill();
    const health = { path: options.healthPath, timeout: options.healthTimeout };
    const made2 = makeRelease(split, images.images, health, originOf(house, images), options.force);
    Object.assign(report, { release: made2.id, revision: made2.origin.revision });
    fleet = await fleet.revive();
    const observations = await fleet.observe(target);
    const hosts2 = observations.map(({ host }) => host);
    const release = options.force ? made2 : asItStands(made2, hosts2);
    report.release = release.id;
    await carryOut({
      fleet,
      target,
      observations,
      release,
      strategy,
      keep: options.keep,
      event: "accepted",
      bake: options.bake,
      limits: options.limits,
      updateAccessories: options.accessories === "update",
      hooks,
      waves: options.waves,
      options,
      confidential: /* @__PURE__ */ new Map([[release.id, split.confidential]]),
      environment: () => Promise.resolve(images.environment),
      house
    });
  } finally {
    await order.close();
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

// src/image/context.ts
import { execFile } from "node:child_process";
import { existsSync as existsSync4 } from "node:fs";
import { readFile as readFile4 } from "node:fs/promises";
import { join as join11 } from "node:path";
import { promisify } from "node:util";
async function readCommit(environment = process.env) {
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
  const run4 = environment["GITHUB_RUN_ID"] || void 0;
  const at = checkout?.committedAt ?? eventTime(payload, told);
  return {
    sha: checkout?.sha ?? told,
    committedAt: at === void 0 ? void 0 : utc(at),
    ref: other ? void 0 : ref,
    event: environment["GITHUB_EVENT_NAME"] || void 0,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor: environment["GITHUB_TRIGGERING_ACTOR"] || environment["GITHUB_ACTOR"] || void 0,
    runUrl: source === void 0 || run4 === void 0 ? void 0 : `${source}/actions/runs/${run4}`,
    note: other ? `The checkout holds commit ${checkout.sha}, while the event is of ${told}${ref === void 0 ? "" : ` (${ref})`}: the image is named after the checkout.` : void 0
  };
}
function eventTime(payload, sha) {
  const head = field(payload, "head_commit");
  const time = field(head, "timestamp");
  return sha !== void 0 && field(head, "id") === sha && typeof time === "string" ? time : void 0;
}
function pullRequestOf(payload, ref) {
  const told = field(field(payload, "pull_request"), "number");
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
function utc(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? void 0 : date.toISOString().replace(".000Z", "Z");
}
function field(of, name) {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : void 0;
}

// src/model/address.ts
import { isIPv6 as isIPv62 } from "node:net";
var URL_PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<credentials>[^/]*)@)?(?<host>\[[^\]]*\]|[^/:?#]*)(?<port>:[^/?#]*)?(?<rest>.*)$/s;
var HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
var USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?$/;
function parseAddress(line) {
  const text5 = line.trim();
  const parts2 = URL_PARTS.exec(text5)?.groups;
  const scheme = parts2?.["scheme"]?.toLowerCase();
  const fail = (why2) => {
    throw new ConfigurationError(`hosts: "${withoutPassword(text5)}" ${why2}`);
  };
  if (parts2 === void 0 || scheme === void 0) {
    return fail(
      text5.startsWith("/") ? `is no URL. Write unix://${text5}.` : `is no URL. Write ssh://${text5.includes("@") ? "" : "user@"}${withoutPassword(text5)}.`
    );
  }
  if (scheme === "unix") return parseUnix(text5.slice("unix://".length), fail);
  if (scheme !== "ssh" && scheme !== "tcp") {
    const advice = scheme === "http" || scheme === "https" ? " An engine over TCP with TLS is tcp://host:2376." : "";
    return fail(`has the scheme ${scheme}://, which is not one of ssh://, tcp:// and unix://.${advice}`);
  }
  const hostname = parseHostname(parts2["host"] ?? "", fail);
  const port = parsePort(parts2["port"], fail);
  const rest = parts2["rest"] ?? "";
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (parts2["credentials"]?.includes(":")) {
    return fail(
      "has a password. Passwords are not used: log in with a key (ssh-key) or a certificate (tls-cert, tls-key)."
    );
  }
  if (scheme === "tcp") {
    if (parts2["credentials"] !== void 0)
      return fail("has a user, and an engine over TCP knows none. Take it out.");
    if (rest !== "" && rest !== "/") return fail("has a path. Write only tcp://host:port.");
    return { kind: "tcp", name: `tcp://${shown}:${port ?? 2376}`, hostname, port: port ?? 2376 };
  }
  if (rest !== "" && rest !== "/") {
    return fail(
      `has a path. Write only ssh://user@host:port; the engine is asked at /var/run/docker.sock, or wherever the docker command of that user finds it.`
    );
  }
  const user = parseUser(parts2["credentials"], fail);
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
function parsePort(text5, fail) {
  if (text5 === void 0) return void 0;
  const port = /^:\d{1,5}$/.test(text5) ? Number(text5.slice(1)) : 0;
  if (port >= 1 && port <= 65535) return port;
  return fail("has no valid port: a number from 1 to 65535. An IPv6 address goes between brackets.");
}
function parseUser(text5, fail) {
  if (text5 === void 0) return void 0;
  let user;
  try {
    user = decodeURIComponent(text5);
  } catch {
    return fail("has a user with a broken %-escape.");
  }
  return USER.test(user) ? user : fail('has no valid user before the "@".');
}
function withoutPassword(text5) {
  return text5.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, "$<before>:***@");
}

// src/inputs/pem.ts
function certificate(input, text5) {
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text5)) return `${text5}
`;
  throw notPem(input, "a certificate", "-----BEGIN CERTIFICATE-----", text5);
}
function privateKey(input, text5) {
  if (/ENCRYPTED/.test(text5)) {
    throw new ConfigurationError(
      `${input}: the key is encrypted. Decrypt it (openssl pkey -in key.pem) and give it as a secret.`
    );
  }
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text5)) return `${text5}
`;
  throw notPem(input, "a private key", "-----BEGIN PRIVATE KEY-----", text5);
}
function notPem(input, wanted, begin, text5) {
  const kind = /-----BEGIN (?<kind>[A-Z0-9 ]+)-----/.exec(text5)?.groups?.["kind"]?.toLowerCase();
  const is = kind === void 0 ? "" : ` It holds a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM form.${is} Give the text of the file, beginning with ${begin}, not its path.`
  );
}

// src/inputs/access.ts
function readHosts(inputs) {
  const hosts2 = /* @__PURE__ */ new Map();
  for (const { number, text: text5 } of inputs.numbered("hosts")) {
    refuseSeveral(text5, number);
    const host = parseAddress(text5);
    if (hosts2.has(host.name)) throw new ConfigurationError(`hosts: ${host.name} is listed twice.`);
    hosts2.set(host.name, host);
  }
  if (hosts2.size === 0)
    throw new ConfigurationError("hosts: no line names a host. Write ssh://user@host, one a line.");
  return [...hosts2.values()];
}
function refuseSeveral(line, number) {
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const between2 = /[\s,;]/.exec(line)?.[0];
  if (between2 === void 0) return;
  const what = between2 === "," ? "a comma" : between2 === ";" ? "a semicolon" : "a space";
  throw new ConfigurationError(
    `hosts, line ${number}: there is ${what} in it, and a line names one host. Write "hosts: |" and below it each host on a line of its own, with nothing between them.`
  );
}
function readAccess(inputs, hosts2) {
  const ssh = hosts2.find((host) => host.kind === "ssh");
  const tcp = hosts2.find((host) => host.kind === "tcp");
  return {
    ssh: ssh === void 0 ? void 0 : readSsh(inputs, ssh.hostname, ssh.port ?? 22),
    tls: tcp === void 0 ? void 0 : readTls(inputs, tcp.name)
  };
}
function readSsh(inputs, hostname, port) {
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
function readTls(inputs, host) {
  const way = `${host} is an engine over TCP, which is only spoken to with certificates on both sides: give tls-ca, tls-cert and tls-key.`;
  return {
    ca: certificate("tls-ca", inputs.required("tls-ca", way)),
    cert: certificate("tls-cert", inputs.required("tls-cert", way)),
    key: privateKey("tls-key", inputs.required("tls-key", way))
  };
}

// src/inputs/compose.ts
import { existsSync as existsSync5, readdirSync } from "node:fs";

// src/inputs/declared.ts
var TARGET = { app: "", environment: "", hosts: "" };
var ACCESS = {
  "ssh-key": "",
  "ssh-key-passphrase": "",
  "known-hosts": "",
  "ssh-config": "",
  "tls-ca": "",
  "tls-cert": "",
  "tls-key": ""
};
var REGISTRY = { "registry-username": "", "registry-password": "", "github-token": "" };
var BUILD = {
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
var COMPOSE = { "compose-file": "compose.yaml", env: "" };
var ACME = { "acme-email": "", "acme-directory": "", "acme-ca": "" };
var SWITCHING = {
  ...ACME,
  "drain-timeout": "30s",
  url: "",
  "url-status": "200-399",
  "url-body": "",
  "url-timeout": "60s",
  "dry-run": "false",
  "edge-image": "caddy:2.11"
};
var DEPLOY = {
  ...SWITCHING,
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
var IMAGE2 = { image: "" };
var INPUTS = {
  deliver: { ...TARGET, ...ACCESS, ...IMAGE2, ...REGISTRY, ...BUILD, ...COMPOSE, ...DEPLOY },
  build: { ...IMAGE2, ...REGISTRY, ...BUILD, ...COMPOSE },
  deploy: { ...TARGET, ...ACCESS, ...IMAGE2, ...REGISTRY, ...COMPOSE, ...DEPLOY },
  rollback: { ...TARGET, ...ACCESS, ...REGISTRY, ...SWITCHING, to: "", "health-timeout": "" },
  status: { ...TARGET, ...ACCESS }
};
function defaultOf(command, name) {
  return new Map(Object.entries(INPUTS[command])).get(name);
}
function folderOf(command) {
  return command === "deliver" ? "the main action" : `${command}/`;
}

// src/inputs/domains.ts
import { isIP } from "node:net";
import { domainToASCII } from "node:url";

// src/inputs/ports.ts
function isPort(text5) {
  return /^[1-9]\d{0,4}$/.test(text5) && Number(text5) <= 65535;
}

// src/inputs/domains.ts
var LABEL2 = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
function readDomains2(inputs) {
  const domains = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("domains")) {
    const equals = line.indexOf("=");
    const domain = readDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain)) throw new ConfigurationError(`domains: "${domain}" is given a second time.`);
    domains.set(domain, equals < 0 ? void 0 : readWayIn(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}
function readDomain(text5) {
  const refuse = (why2) => new ConfigurationError(`domains: "${text5}" ${why2}`);
  if (text5.includes("*"))
    throw refuse("is a wildcard, and each certificate is for one name. List the domains.");
  if (text5.includes("/")) throw refuse("is an address. Write the domain alone, without https:// and path.");
  if (isIP(text5) !== 0)
    throw refuse("is an IP address, for which no certificate is made. Publish a port instead.");
  if (text5.includes(":"))
    throw refuse(
      "has a port. Domains are served on 443 (and 80); write the port of the app as domain=service:port."
    );
  const domain = domainToASCII(text5);
  if (domain.length > 253 || !domain.split(".").every((label) => LABEL2.test(label))) {
    throw refuse("is not a domain name.");
  }
  return domain;
}
function readWayIn(domain, text5) {
  const parts2 = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text5)?.groups;
  const port = parts2?.["port"];
  if (parts2?.["service"] === void 0 || port !== void 0 && !isPort(port)) {
    throw new ConfigurationError(
      `domains: "${text5}" of ${domain} is not service or service:port, such as web:8080.`
    );
  }
  return { service: parts2["service"], port: port === void 0 ? void 0 : Number(port) };
}

// src/inputs/compose.ts
var OTHER_NAMES = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];
var TAKEN = /* @__PURE__ */ new Map([
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
var VOLUME = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;
function readComposeSource(inputs) {
  const files = existing(inputs);
  const port = readPort(inputs);
  const volumes = readVolumes(inputs);
  if (files === void 0 && port === void 0) {
    throw new ConfigurationError(
      `compose-file: ${notThere(inputs.lines("compose-file"))} Name your Compose file, or set port to the port that the app listens on to do without one.`
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomains2(inputs) };
}
function readComposeFiles(inputs) {
  return { files: existing(inputs), variables: readVariables(inputs) };
}
function unusedMinimal(source) {
  if (source.files === void 0) return [];
  const files = source.files.join(", ");
  return [source.port === void 0 ? [] : ["port"], source.volumes.length === 0 ? [] : ["volumes"]].flat().map(
    (name) => `${name}: not used, since ${files} describes the app. It is for apps without a Compose file.`
  );
}
function existing(inputs) {
  const files = inputs.lines("compose-file");
  const absent = files.filter((file2) => !existsSync5(file2));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === defaultOf(inputs.command, "compose-file")) return void 0;
  throw new ConfigurationError(`compose-file: ${notThere(absent)}`);
}
function notThere(absent) {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0) {
    return `${folder} is empty. Run actions/checkout before this step.`;
  }
  const other = OTHER_NAMES.find((name) => existsSync5(name) && !absent.includes(name));
  const there = other === void 0 ? "" : ` There is ${other}; set compose-file: ${other} to use it.`;
  return `"${absent.join('", "')}" is not in ${folder}.${there}`;
}
function readVariables(inputs) {
  const variables = inputs.pairs("env");
  for (const name of variables.keys()) {
    const why2 = TAKEN.get(name);
    if (why2 !== void 0)
      throw new ConfigurationError(`env: "${name}" can't be set: ${why2}. Use another name.`);
  }
  return variables;
}
function readPort(inputs) {
  const text5 = inputs.text("port");
  if (text5 === void 0) return void 0;
  const ports = text5.split(":");
  if (ports.length <= 2 && ports.every(isPort)) return text5;
  throw new ConfigurationError(
    `port: "${text5}" is not a port. Write the port the app listens on (8080), or the host's and the container's (80:8080).`
  );
}
function readVolumes(inputs) {
  const volumes = inputs.lines("volumes");
  for (const volume of volumes) {
    const source = VOLUME.exec(volume)?.groups?.["source"];
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

// src/inputs/commands.ts
function readCommands(inputs, name) {
  return wholeLines(inputs.text(name) ?? "").map((line) => {
    const parts2 = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts2?.["service"] ?? "";
    const command = parts2?.["command"]?.trim() ?? line;
    if (command === "") throw new ConfigurationError(`${name}: "${line}" gives no command for "${service}".`);
    if (parts2 !== void 0 && service === "") {
      throw new ConfigurationError(
        `${name}: "${line}" names no service before the "=". Write service=command, or the command alone.`
      );
    }
    return { service, command };
  });
}
function wholeLines(text5) {
  const whole2 = [];
  let open2;
  for (const line of text5.split(/\r?\n/)) {
    if (open2 === void 0 && (line.trim() === "" || line.trim().startsWith("#"))) continue;
    const command = open2 === void 0 ? line.trim() : `${open2}
${line.trimEnd()}`;
    open2 = goesOn(command) ? command : void 0;
    if (open2 === void 0) whole2.push(command);
  }
  return open2 === void 0 ? whole2 : [...whole2, open2];
}
function byService(commands) {
  const grouped = /* @__PURE__ */ new Map();
  for (const { service, command } of commands) {
    grouped.set(service, [...grouped.get(service) ?? [], command]);
  }
  return grouped;
}

// src/inputs/nearest.ts
var ALIASES = new Map([
  ...["yes", "y", "on", "1"].map((word) => [word, "true"]),
  ...["no", "n", "off", "0"].map((word) => [word, "false"])
]);
var SHORTEST_BEGINNING = 3;
function didYouMean(word, choices) {
  const plain3 = word.trim().toLowerCase().replaceAll(/[\s_]+/g, "-");
  const alias = ALIASES.get(plain3);
  const meant2 = choices.find((choice2) => choice2 === alias) ?? nearest(plain3, choices) ?? choices.find((choice2) => {
    const [shorter = "", longer = ""] = [plain3, choice2].toSorted((one, other) => one.length - other.length);
    return shorter.length >= SHORTEST_BEGINNING && longer.startsWith(shorter);
  });
  return meant2 === void 0 ? "" : ` Did you mean "${meant2}"?`;
}
function nearest(word, candidates) {
  let best2;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best2, fewest] = [candidate, edits];
  }
  return best2;
}
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next2 = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next2.push(Math.min(changed, (row[j] ?? 0) + 1, (next2[j - 1] ?? 0) + 1));
    }
    row = next2;
  }
  return row[b.length] ?? 0;
}

// src/inputs/build.ts
var PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;
var CACHES = ["registry", "gha", "local", "inline", "s3", "azblob"];
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
    buildArgs: rejoined(inputs.pairs("build-args")),
    buildSecrets: rejoined(inputs.pairs("build-secrets", SECRET_ID)),
    platforms: readPlatforms(inputs),
    labels: rejoined(inputs.pairs("labels", LABEL_KEY)),
    cacheFrom: readCaches(inputs, "cache-from"),
    cacheTo: readCaches(inputs, "cache-to"),
    provenance: readAttestation(inputs, "provenance", "mode=max"),
    sbom: readAttestation(inputs, "sbom", "generator=image"),
    pull: inputs.flag("pull"),
    noCache: inputs.flag("no-cache"),
    addHosts: shaped(inputs, "add-hosts", /^[^\s:=]+[:=]\S+$/, "host:address"),
    buildContexts: shaped(
      inputs,
      "build-contexts",
      /^[^\s=]+=\S.*$/,
      "name=path, name=URL or name=docker-image://image"
    ),
    tags: readTags(inputs),
    tests: byService(readCommands(inputs, "test")),
    rebuild: inputs.flag("rebuild")
  };
}
function rejoined(pairs2) {
  return [...pairs2].map(([key, value]) => `${key}=${value}`);
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
    if (type !== void 0 && CACHES.includes(type)) continue;
    const said3 = type === void 0 ? "names no type" : `has the unknown type "${type}"`;
    const meant2 = type === void 0 ? "" : didYouMean(type, CACHES);
    throw new ConfigurationError(
      `${name}: "${cache}" ${said3}. Write type=registry,ref=… or another type: ${CACHES.join(", ")}.${meant2}`
    );
  }
  return caches;
}
function readAttestation(inputs, name, example) {
  const text5 = inputs.text(name);
  if (text5 === void 0 || text5 === "true" || text5 === "false") return text5;
  if (/^[a-z-]+=[^\s=,]+(?:,[a-z-]+=[^\s=,]+)*$/.test(text5)) return text5;
  throw new ConfigurationError(
    `${name}: "${text5}" is not true, false or attributes such as ${example}.${didYouMean(text5, ["true", "false"])}`
  );
}
function shaped(inputs, name, shape, form) {
  const lines = inputs.lines(name);
  const wrong = lines.find((line) => !shape.test(line));
  if (wrong === void 0) return lines;
  throw new ConfigurationError(`${name}: "${wrong}" is not ${form}.`);
}
function readTags(inputs) {
  const tags = inputs.lines("tags");
  for (const tag of tags) {
    const filled = tag.replaceAll(/\{\{(?<name>.*?)\}\}/g, (whole2, name) => {
      checkTemplate(whole2, name.trim());
      return "x";
    });
    if (isTag(filled)) continue;
    throw new ConfigurationError(
      `tags: "${tag}" is not a legal tag: letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"; one tag a line.`
    );
  }
  return [...new Set(tags)];
}
function checkTemplate(whole2, name) {
  if (TEMPLATES.some((known2) => known2 === name)) return;
  const meant2 = nearest(name, TEMPLATES);
  const advice = meant2 === void 0 ? "" : ` Did you mean {{${meant2}}}?`;
  const known = TEMPLATES.map((template) => `{{${template}}}`).join(", ");
  throw new ConfigurationError(`tags: ${whole2} is not known; ${known} are.${advice}`);
}

// src/inputs/image.ts
var SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;
function readSource(inputs) {
  const images = readImages(inputs);
  const whole2 = images.get("");
  const built = images.size === 0 || images.size === 1 && whole2 !== void 0 && isBare(whole2);
  return built ? made(inputs, whole2) : given(images);
}
function readBuildSource(inputs) {
  const images = readImages(inputs);
  const whole2 = images.get("");
  if (images.size > (whole2 === void 0 ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ builds every service itself. Give one repository; services get names of their own from it or from "image:" in the Compose file.'
    );
  }
  if (whole2?.digest !== void 0) {
    throw new ConfigurationError(
      "image: a digest names an image that exists already. Give build/ a repository to build to."
    );
  }
  if (whole2?.tag !== void 0) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write image: ${whole2.repository} and tags: ${whole2.tag}.`
    );
  }
  return made(inputs, whole2);
}
function readGivenSource(inputs) {
  inputs.required(
    "image",
    'Give the image to deploy, best as repository@sha256:…: the output "image" of build/.'
  );
  return given(readImages(inputs));
}
function readImages(inputs) {
  const images = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("image")) {
    const parts2 = SERVICE_LINE.exec(line)?.groups;
    const service = parts2?.["service"] ?? "";
    const image = parts2?.["image"] ?? line;
    if (images.has(service)) {
      const what = service === "" ? "a second image without a service" : `a second image for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is ${what}. For several services write lines of service=image.`
      );
    }
    images.set(service, parseImage(image, "image"));
  }
  return images;
}
function made(inputs, image) {
  return {
    kind: "build",
    repository: image?.repository ?? defaultRepository(),
    options: readBuildOptions(inputs)
  };
}
function given(images) {
  for (const [service, image] of images) {
    if (!isBare(image)) continue;
    const where = service === "" ? "" : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${where} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`
    );
  }
  return { kind: "given", images };
}
function isBare(image) {
  return image.tag === void 0 && image.digest === void 0;
}
function defaultRepository() {
  const repository = (process.env["GITHUB_REPOSITORY"] ?? "").toLowerCase();
  const server = process.env["GITHUB_SERVER_URL"] ?? "https://github.com";
  const way = "Set image to a repository that this job can push to: registry.example.com/me/shop.";
  if (server !== "https://github.com") {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${server}. ${way}`);
  }
  const image = `ghcr.io/${repository}`;
  if (repository !== "" && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository "${repository}" gives no name for it. ${way}`
  );
}

// src/inputs/names.ts
var NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;
var LONGEST_LABEL2 = 63;
var LONGEST_PROJECT = 40;
function checkApp(text5) {
  if (NAME.test(text5)) return text5;
  throw new ConfigurationError(`app: "${text5}" ${notAName(text5)}`);
}
function appOf(repository) {
  const name = legal2(repository.slice(repository.indexOf("/") + 1));
  if (NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository "${repository}" gives no name for it. Set app to a name of lower-case letters and digits.`
  );
}
function checkEnvironment(text5) {
  if (NAME.test(text5)) return text5;
  const lower = text5.toLowerCase();
  const way = NAME.test(lower) ? `has capital letters. Write "${lower}": it is the same environment for GitHub, which ignores case.` : notAName(text5);
  throw new ConfigurationError(`environment: "${text5}" ${way}`);
}
function checkLength(app, environment) {
  const { length } = `${app}-${environment}`;
  if (length <= LONGEST_PROJECT) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters and begins the name of every container, which is a DNS label of at most ${LONGEST_LABEL2}. Give app a name that is ${length - LONGEST_PROJECT} shorter.`
  );
}
function notAName(text5) {
  const better = legal2(text5);
  const advice = NAME.test(better) ? ` Write "${better}", for example.` : "";
  return `can't be used as a name: lower-case letters and digits, with "-" or "_" between them.${advice}`;
}
function legal2(text5) {
  return text5.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/_+-[-_]*|-+_[-_]*|_{3,}/g, "-").replace(/^[-_]+/, "").replace(/[-_]+$/, "");
}

// src/model/strategy.ts
var STRATEGY_NAMES = ["blue-green", "rolling", "canary", "recreate"];

// src/inputs/pairs.ts
var VARIABLE = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  hint: 'letters, digits and "_", not beginning with a digit'
};
var ESCAPES = { n: "\n", r: "\r", t: "	", '"': '"', "\\": "\\" };
function parsePairs(text5, input, key = VARIABLE) {
  const pairs2 = /* @__PURE__ */ new Map();
  const lines = text5.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf("=");
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs2)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name)) {
      throw new ConfigurationError(`${where}: the key is not legal. A key is ${key.hint}.`);
    }
    if (pairs2.has(name)) throw new ConfigurationError(`${where}: "${name}" is given a second time.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote === '"' || quote === "'") {
      const rest = [
        (lines[at] ?? "").trimStart().slice(equals + 1).trimStart().slice(1),
        ...lines.slice(at + 1)
      ].join("\n");
      const end = closing(rest, quote);
      if (end < 0)
        throw new ConfigurationError(
          `${where}: the value of "${name}" begins with ${quote} and never ends with it.`
        );
      const after3 = rest.slice(end + 1).split("\n", 1)[0] ?? "";
      if (after3.trim() !== "") {
        throw new ConfigurationError(
          `${where}: the value of "${name}" goes on after its closing ${quote}. Put the whole value in quotes, or none of it.`
        );
      }
      const inner = rest.slice(0, end);
      at += inner.split("\n").length - 1;
      pairs2.set(name, quote === '"' ? unescaped3(inner) : inner);
    } else {
      pairs2.set(name, value);
    }
  }
  return pairs2;
}
function multiLineHint(pairs2) {
  const last = [...pairs2.keys()].at(-1);
  return last === void 0 ? "" : ` If it belongs to the value of "${last}", put that value in double quotes.`;
}
function closing(text5, quote) {
  for (let at = 0; at < text5.length; at += 1) {
    if (text5[at] === "\\" && quote === '"') at += 1;
    else if (text5[at] === quote) return at;
  }
  return -1;
}
function unescaped3(text5) {
  return text5.replaceAll(/\\(?<letter>[\s\S])/g, (whole2, letter) => ESCAPES[letter] ?? whole2);
}

// src/inputs/reader.ts
var LONGEST3 = 864e5;
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
    const fallback = defaultOf(this.command, name);
    if (fallback === void 0)
      throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    const given2 = getInput(name) || fallback;
    return given2 === "" ? void 0 : given2;
  }
  /** @param way what to do about it when it is missing: a sentence. */
  required(name, way) {
    const text5 = this.text(name);
    if (text5 === void 0) throw new ConfigurationError(`${name}: missing. ${way}`);
    return text5;
  }
  /** The lines that say something: without empty ones and those that begin with `#`. */
  lines(name) {
    return this.numbered(name).map(({ text: text5 }) => text5);
  }
  /** The same with their numbers, from 1 on, for errors that may not repeat what a line says. */
  numbered(name) {
    return (this.text(name) ?? "").split(/\r?\n/).map((line, at) => ({ number: at + 1, text: line.trim() })).filter(({ text: text5 }) => text5 !== "" && !text5.startsWith("#"));
  }
  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name, key) {
    return parsePairs(this.text(name) ?? "", name, key);
  }
  /** `true` or `false` as YAML 1.2 writes them; `yes`, `on` and `1` are refused, since YAML 1.2 reads them as text. */
  flag(name) {
    const text5 = this.text(name) ?? "";
    if (["true", "True", "TRUE"].includes(text5)) return true;
    if (["false", "False", "FALSE"].includes(text5)) return false;
    throw new ConfigurationError(
      `${name}: "${text5}" is neither true nor false.${didYouMean(text5, ["true", "false"])}`
    );
  }
  /** One of a few words, written as they are; `undefined` where none is given and there is no default. */
  choice(name, choices) {
    const text5 = this.text(name);
    if (text5 === void 0) return void 0;
    const chosen2 = choices.find((choice2) => choice2 === text5);
    if (chosen2 !== void 0) return chosen2;
    throw new ConfigurationError(
      `${name}: "${text5}" is not one of ${choices.join(", ")}.${didYouMean(text5, choices)}`
    );
  }
  /** A whole number from `least` on. */
  integer(name, least) {
    const text5 = this.text(name) ?? "";
    const value = Number(text5);
    if (!/^\d+$/.test(text5) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text5}" is not a whole number of ${least} or more.`);
    }
    return value;
  }
  /** Milliseconds from `least` on, at most a day. */
  duration(name, least = 1) {
    return this.optionalDuration(name, least) ?? this.#noDuration(name, "");
  }
  /** The same; `undefined` where none is given and there is no default. */
  optionalDuration(name, least = 1) {
    const text5 = this.text(name);
    if (text5 === void 0) return void 0;
    const value = parseDuration(text5);
    if (value === void 0) return this.#noDuration(name, text5);
    if (value < least || value > LONGEST3) {
      const from = least === 0 ? "" : "more than 0s and ";
      throw new ConfigurationError(`${name}: "${text5}" is out of range. Give ${from}at most 24h.`);
    }
    return value;
  }
  #noDuration(name, text5) {
    const advice = /^\d+$/.test(text5) ? `"${text5}s" for seconds` : "60s, 2m, 1m30s or 500ms";
    throw new ConfigurationError(
      `${name}: "${text5}" is not a duration. Write a number with its unit: ${advice}.`
    );
  }
};

// src/inputs/strategy.ts
var STEPS = "5% 2m, 25% 5m, 100%";
var EXAMPLE = `Write shares that grow, each with the time that it is judged, up to 100%: "${STEPS}".`;
function readStrategy(inputs) {
  const name = inputs.choice("strategy", STRATEGY_NAMES);
  const canary2 = inputs.lines("canary");
  if (canary2.length > 0 && name !== void 0 && name !== "canary") {
    throw new ConfigurationError(
      `canary: it has no effect with strategy: ${name}. Leave one of them out, or set strategy: canary.`
    );
  }
  if (name === "canary" || canary2.length > 0) {
    return { name: "canary", steps: stepsOf(canary2.length > 0 ? canary2 : [STEPS]) };
  }
  return name === void 0 ? void 0 : { name };
}
function stepsOf(lines) {
  const parts2 = lines.flatMap((line) => line.replace(/,\s*$/, "").split(",")).map((part) => part.trim());
  if (parts2.includes("")) {
    throw new ConfigurationError(
      `canary: a step is missing before a comma in "${lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? ""}". ${EXAMPLE}`
    );
  }
  const steps = parts2.map((part, at) => stepOf(part, at === parts2.length - 1));
  for (const [at, step2] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== void 0 && step2.share <= before.share) {
      throw new ConfigurationError(`canary: "${parts2[at]}" is not more than "${parts2[at - 1]}". ${EXAMPLE}`);
    }
  }
  if (steps.at(-1)?.share !== 1) {
    throw new ConfigurationError(
      `canary: "${parts2.at(-1) ?? ""}" is the last step, and it must be 100%. ${EXAMPLE}`
    );
  }
  return steps;
}
function stepOf(part, last) {
  const [share = "", time, ...more] = part.split(/\s+/);
  const percent2 = percentOf(share);
  if (percent2 === void 0 || percent2 === 0 || more.length > 0) {
    throw new ConfigurationError(
      `canary: "${part}" is not a share above 0% and up to 100% with a time. ${EXAMPLE}`
    );
  }
  const duration = time === void 0 ? void 0 : parseDuration(time);
  if (time === void 0 && !last) {
    throw new ConfigurationError(`canary: "${part}" has no time in which it is judged. ${EXAMPLE}`);
  }
  if (time !== void 0 && (duration === void 0 || duration > LONGEST3)) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a time of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`
    );
  }
  if (!last && duration === 0) {
    throw new ConfigurationError(`canary: in "${part}" nothing can be judged. ${EXAMPLE}`);
  }
  return { share: percent2 / 100, for: duration ?? 0 };
}
function readLimits(inputs) {
  const errors2 = inputs.text("canary-max-errors") ?? "";
  const maxErrors = percentOf(errors2);
  if (maxErrors === void 0) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors2}" is not a share from 0% to 100%, such as 1%.`
    );
  }
  const ratio2 = inputs.text("canary-max-latency-ratio") ?? "";
  const maxLatencyRatio = numberOf2(ratio2);
  if (maxLatencyRatio === void 0 || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio2}" is not a number of 1 or more. 1.5 allows half as much time again.`
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer("canary-min-requests", 1),
    tooFew: inputs.choice("canary-too-few", ["go-on", "fail"]) ?? "go-on"
  };
}
function readWaves(inputs) {
  const text5 = inputs.text("max-parallel");
  if (text5 === void 0) return { kind: "all" };
  const percent2 = text5.endsWith("%") ? percentOf(text5) : void 0;
  if (percent2 !== void 0 && percent2 > 0) return { kind: "share", percent: percent2 };
  if (/^[1-9]\d{0,5}$/.test(text5)) return { kind: "hosts", atMost: Number(text5) };
  throw new ConfigurationError(
    `max-parallel: "${text5}" is neither a number of hosts from 1 on nor a share of them, such as 25%.`
  );
}
function percentOf(text5) {
  const value = text5.endsWith("%") ? numberOf2(text5.slice(0, -1)) : void 0;
  return value === void 0 || value > 100 ? void 0 : value;
}
function numberOf2(text5) {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text5) ? Number(text5) : void 0;
}

// src/inputs/url.ts
function readUrlCheck(inputs) {
  const url = inputs.text("url");
  const status2 = readStatus(inputs.text("url-status") ?? "");
  const body2 = readBody(inputs.text("url-body"));
  const timeout = inputs.duration("url-timeout");
  if (url !== void 0) return { url: readHttpUrl("url", url), status: status2, body: body2, timeout };
  if (body2 === void 0) return void 0;
  throw new ConfigurationError("url-body: there is no url whose answer could be looked at. Set url.");
}
function readHttpUrl(input, text5) {
  const url = URL.canParse(text5) ? new URL(text5) : void 0;
  if (url !== void 0 && `${url.username}${url.password}` !== "") {
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text5)}" has a user name or password in it. Give an address that answers without.`
    );
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text5;
  const example = input === "url" ? "https://app.example.com/up" : "https://acme.example.com/directory";
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text5)}" is not an http:// or https:// address. Write it whole: ${example}.`
  );
}
function withoutCredentials(text5) {
  return text5.replace(/^(?<scheme>[a-z][a-z0-9+.-]*:\/*)?.*@/is, "$<scheme>***@");
}
function readStatus(text5) {
  const codes = /* @__PURE__ */ new Set();
  for (const part of text5.split(",").map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.["from"]);
    const to = Number(range?.["to"] ?? range?.["from"]);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `url-status: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`
      );
    }
    for (let code2 = from; code2 <= to; code2 += 1) codes.add(code2);
  }
  return [...codes].sort((a, b) => a - b);
}
function readBody(text5) {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text5 ?? "")?.groups;
  if (pattern === void 0) return text5;
  const flags = pattern["flags"] ?? "";
  if (/[^imsu]/.test(flags)) {
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known; i, m, s and u are.`);
  }
  try {
    return new RegExp(pattern["source"] ?? "", flags);
  } catch (error2) {
    throw new ConfigurationError(`url-body: ${text5} is not a regular expression of JavaScript.`, {
      cause: error2
    });
  }
}

// src/inputs/options.ts
var PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;
function readDeployOptions(inputs, compose2) {
  const options = readOptions(inputs, compose2);
  if (options.edge === "none") refuseWithoutEdge(options);
  return options;
}
function refuseWithoutEdge({ compose: compose2, healthPath, strategy }) {
  if (compose2.domains.size > 0) {
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
function readOptions(inputs, compose2) {
  return {
    ...readSwitchOptions(inputs),
    compose: compose2,
    strategy: readStrategy(inputs),
    healthPath: readHealthPath(inputs),
    healthTimeout: inputs.duration("health-timeout"),
    keep: inputs.integer("keep", 1),
    bake: inputs.duration("bake", 0),
    limits: readLimits(inputs),
    force: inputs.flag("force"),
    accessories: inputs.choice("accessories", ["leave", "update"]) ?? "leave",
    beforeRelease: readCommands(inputs, "before-release"),
    afterRelease: readCommands(inputs, "after-release"),
    edge: inputs.choice("edge", ["caddy", "none"]) ?? "caddy",
    waves: readWaves(inputs)
  };
}
function readSwitchOptions(inputs) {
  return {
    drainTimeout: inputs.duration("drain-timeout"),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag("dry-run"),
    edgeImage: readEdgeImage(inputs),
    acme: readAcme(inputs)
  };
}
function readTo(inputs) {
  const to = inputs.text("to");
  if (to === void 0 || isTag(to) || isDigest(to)) return to;
  if (to.includes("@")) return parseImage(to, "to").digest;
  throw new ConfigurationError(
    `to: "${to}" is none of a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`
  );
}
function readHealthPath(inputs) {
  const path = inputs.text("health-path");
  if (path === void 0 || PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write what comes after the host, beginning with "/": /up.`
  );
}
function readEdgeImage(inputs) {
  const image = inputs.required("edge-image", "Name an image of Caddy.");
  parseImage(image, "edge-image");
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
    ca: ca === void 0 ? void 0 : certificate("acme-ca", ca)
  };
}

// src/inputs/registry.ts
function readRegistry(inputs) {
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
var SHORTEST_PIECE = 8;
var SHORTEST_SECRET = 2;
function secretsOf2(command) {
  const inputs = new Inputs(command);
  const read2 = (name) => defaultOf(command, name) === void 0 ? void 0 : inputs.text(name);
  const masks = /* @__PURE__ */ new Set();
  const whole2 = (text5) => {
    if (text5 !== void 0 && text5.length >= SHORTEST_SECRET)
      for (const form of formsOf(text5)) masks.add(form);
  };
  for (const name of ["ssh-key", "tls-key"])
    for (const piece of piecesOfKey(read2(name))) masks.add(piece);
  for (const name of ["ssh-key-passphrase", "registry-password", "github-token"]) whole2(read2(name));
  const username = read2("registry-username");
  for (const [user, password] of [
    [username, read2("registry-password")],
    [process.env["GITHUB_ACTOR"], read2("github-token")],
    ["x-access-token", read2("github-token")]
  ]) {
    if (user !== void 0 && password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const value of buildSecrets(inputs, read2("build-secrets"))) {
    whole2(value);
    for (const line of linesOf2(value)) if (line.length >= SHORTEST_PIECE) masks.add(line);
  }
  for (const text5 of [...linesOf2(read2("hosts")), read2("url") ?? ""]) {
    const [user, password] = credentialsIn(text5);
    whole2(password);
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  return [...masks];
}
function maskSecrets(command) {
  for (const secret of secretsOf2(command)) setSecret(secret);
}
function piecesOfKey(key) {
  if (key === void 0) return [];
  const lines = linesOf2(key).flatMap((line) => line.split("\\n")).filter((line) => !line.startsWith("-----"));
  const long = lines.filter((line) => line.length >= SHORTEST_PIECE);
  return [...long, ...long.length > 1 ? [lines.join("")] : [], base64(key), base64(`${key}
`)];
}
function formsOf(secret) {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}
`)];
}
function buildSecrets(inputs, text5) {
  if (text5 === void 0) return [];
  try {
    return [...inputs.pairs("build-secrets", { pattern: /./, hint: "" }).values()];
  } catch (error2) {
    if (error2 instanceof ConfigurationError) return linesOf2(text5);
    throw error2;
  }
}
function credentialsIn(text5) {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?<user>[^:/@]*):(?<password>[^/]+)@/i.exec(text5)?.groups;
  return [found?.["user"] ?? "", found?.["password"]];
}
function linesOf2(text5) {
  return (text5 ?? "").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}
function base64(text5) {
  return Buffer.from(text5).toString("base64");
}

// src/inputs/unknown.ts
function unknownInputs(command) {
  const declared = Object.keys(INPUTS[command]);
  const warnings = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("INPUT_")) continue;
    const name = variable.slice("INPUT_".length).toLowerCase();
    if (name === "" || declared.includes(name)) continue;
    const same = declared.find((known) => squeezed(known) === squeezed(name));
    if (same !== void 0) throw new ConfigurationError(`${name}: no such input. It is called "${same}".`);
    const elsewhere = commandsWith(name);
    const meant2 = nearest(name, declared);
    if (elsewhere.length > 0) {
      warnings.push(
        `${name}: not used. It is an input of ${elsewhere.join(", ")}, not of ${folderOf(command)}.`
      );
    } else if (meant2 !== void 0) {
      warnings.push(`${name}: not used, there is no such input. Did you mean "${meant2}"?`);
    }
  }
  return warnings;
}
function commandsWith(name) {
  const commands = ["deliver", "build", "deploy", "rollback", "status"];
  return commands.filter((command) => Object.hasOwn(INPUTS[command], name)).map(folderOf);
}
function squeezed(name) {
  return name.replaceAll(/[-_ ]/g, "");
}

// src/inputs.ts
function readRequest(command) {
  maskSecrets(command);
  const unknown2 = unknownInputs(command);
  const inputs = new Inputs(command);
  const request3 = readCommand(inputs);
  return { request: request3, warnings: [...unknown2, ...unusedInputs(inputs, request3)] };
}
function readCommand(inputs) {
  switch (inputs.command) {
    case "deliver":
      return {
        command: "deliver",
        target: readTarget(inputs),
        source: readSource(inputs),
        registry: readRegistry(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs))
      };
    case "build":
      return {
        command: "build",
        source: readBuildSource(inputs),
        registry: readRegistry(inputs),
        compose: readComposeFiles(inputs)
      };
    case "deploy":
      return {
        command: "deploy",
        target: readTarget(inputs),
        source: readGivenSource(inputs),
        registry: readRegistry(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs))
      };
    case "rollback":
      return {
        command: "rollback",
        target: readTarget(inputs),
        to: readTo(inputs),
        healthTimeout: inputs.optionalDuration("health-timeout"),
        registry: readRegistry(inputs),
        options: readSwitchOptions(inputs)
      };
    case "status":
      return { command: "status", target: readTarget(inputs) };
  }
}
function readTarget(inputs) {
  const buildOnly = inputs.command === "deliver" ? " To build and push only, use the action in build/." : "";
  const environment = checkEnvironment(
    inputs.required("environment", `Name the environment: staging, production.${buildOnly}`)
  );
  inputs.required("hosts", `List the hosts of ${environment}, one a line: ssh://user@host.${buildOnly}`);
  const given2 = inputs.text("app");
  const app = given2 === void 0 ? appOf(process.env["GITHUB_REPOSITORY"] ?? "") : checkApp(given2);
  checkLength(app, environment);
  const hosts2 = readHosts(inputs);
  return { app, environment, hosts: hosts2, access: readAccess(inputs, hosts2) };
}
function unusedInputs(inputs, request3) {
  if (request3.command !== "deliver" && request3.command !== "deploy") return [];
  return [...unusedMinimal(request3.options.compose), ...unusedTest(inputs, request3)];
}
function unusedTest(inputs, request3) {
  if (request3.command !== "deliver" || request3.source.kind !== "given" || inputs.text("test") === void 0)
    return [];
  return ["test: not run, because image names an image that is built already."];
}

// src/report/draft.ts
var UNTOUCHED = {
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
    state: UNTOUCHED[command],
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

// src/report/said.ts
var HOST2 = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;
function said2(report, value) {
  const { hosts: hosts2, release, previous } = report;
  const ids = [release, previous, ...hosts2.flatMap(({ was, is }) => [was, is])].flatMap((id2) => id2 ?? []);
  const names = [...new Set(hosts2.map(({ host }) => host))].sort((one, other) => other.length - one.length).map(literally);
  const whole2 = [...new Set(ids)].map((id2) => `(?<![\\w-])${literally(id2)}(?![\\w-])`);
  return value.split(new RegExp(`(${[...names, ...whole2, HOST2].join("|")})`)).map((part, at) => at % 2 === 1 ? code(part) : spaced(part)).join("");
}
var literally = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
var spaced = (part) => `${/^\s/.test(part) ? " " : ""}${text3(part)}${/\S\s$/.test(part) ? " " : ""}`;

// src/report/shares.ts
function sharesOf({ steps }) {
  const rows = /* @__PURE__ */ new Map();
  for (const step2 of steps) {
    const { judged: judged2 } = step2;
    if (judged2 === void 0) continue;
    const share = step2.stage === "bake" ? "100% (bake)" : formatShare(judged2.share);
    const title = failed4(step2) ? `${share} on ${code(step2.host)}` : share;
    rows.set(title, [...rows.get(title) ?? [], { ...step2, judged: judged2 }]);
  }
  if (rows.size === 0) return "";
  return table(
    ["Share", "Requests, new / old", "5xx, new / old", "Latency, new / old", ""],
    [...rows].map(([title, same]) => {
      const own = summed(same.map(({ judged: judged2 }) => judged2.own));
      const other = summed(same.flatMap(({ judged: judged2 }) => judged2.other ?? []));
      const both = (what) => `${what(own)} / ${what(other)}`;
      return [title, both(requests), both(errors), both(latency2), markOf(same)];
    })
  );
}
var failed4 = ({ ok, ended }) => ok === false && ended !== true;
function markOf(steps) {
  if (steps.some(failed4)) return "**✗**";
  const few = steps.filter(({ judged: judged2 }) => judged2.few === true).length;
  if (few > 0)
    return few === steps.length ? "too few to judge" : `too few to judge on ${few} of ${steps.length}`;
  if (steps.some(({ ended }) => ended === true)) return "cut short";
  return steps.some(({ judged: judged2 }) => judged2.unsure === true) ? "✓ (errors may be chance)" : "✓";
}
function summed(all3) {
  const sum2 = (what) => all3.reduce((total, figures2) => total + what(figures2), 0);
  const timed = all3.filter(({ latency: time2 }) => time2 !== void 0);
  const count3 = timed.reduce((total, figures2) => total + figures2.requests, 0);
  const time = timed.reduce((total, figures2) => total + (figures2.latency ?? 0) * figures2.requests, 0);
  return {
    requests: sum2((figures2) => figures2.requests),
    errors: sum2((figures2) => figures2.errors),
    latency: count3 === 0 ? void 0 : time / count3
  };
}
var requests = (figures2) => figures2.requests.toLocaleString("en-US");
var errors = (figures2) => figures2.requests === 0 ? "–" : formatShare(figures2.errors / figures2.requests);
var latency2 = ({ latency: time }) => {
  if (time === void 0) return "–";
  return time < 10 ? `${Number(time.toFixed(1))}ms` : formatDuration(time);
};

// src/report/status-summary.ts
function statusOf(hosts2) {
  const rows = hosts2.map((host) => {
    const live = host.kept.find((kept2) => kept2.live);
    return live === void 0 ? [code(host.host), "–", "", "", "", text3(host.why)] : [code(host.host), ...cells(live)];
  });
  const kept = hosts2.filter((host) => host.kept.some((release) => !release.live)).map((host) => {
    const others = host.kept.filter((release) => !release.live);
    return folded(
      `Kept on <code>${html(host.host)}</code> (${others.length})`,
      table(COLUMNS, others.map(cells))
    );
  });
  return [table(["Host", ...COLUMNS], rows), ...kept].join("\n\n");
}
var COLUMNS = ["Release", "Commit", "Since (UTC)", "By", "Condition"];
function cells(kept) {
  return [
    code(kept.release),
    kept.revision === void 0 ? "–" : code(kept.revision.slice(0, 7)),
    kept.acceptedAt === void 0 ? "never accepted" : link(text3(moment(kept.acceptedAt)), kept.runUrl),
    kept.actor === void 0 ? "–" : text3(kept.actor),
    `${kept.live && !kept.whole ? "⚠️ " : ""}${text3(kept.condition)}`
  ];
}

// src/report/timeline.ts
var isDone2 = (step2) => step2.at !== void 0 && step2.took !== void 0;
var COLUMNS2 = 4;
function timelineOf({ steps, hosts: given2 }) {
  const done = steps.filter(isDone2);
  if (done.length === 0) return "";
  const hosts2 = [...new Set([...given2, ...done].map(({ host }) => host))].filter(
    (host) => done.some((step2) => step2.host === host)
  );
  const rows = rowsOf(done);
  if (hosts2.length > COLUMNS2) {
    const head = ["Host", ...rows.map(({ title }) => title)];
    return table(
      head,
      hosts2.map((host) => [code(short(host, hosts2)), ...rows.map((row) => cell(row, host))])
    );
  }
  const end = Math.max(...done.map((step2) => step2.at + step2.took));
  return table(
    ["Stage", `0 – ${formatDuration(end)}`, ...hosts2.map((host) => code(short(host, hosts2)))],
    rows.map((row) => [row.title, bar(row.steps, end), ...hosts2.map((host) => cell(row, host))])
  );
}
function short(host, hosts2) {
  const bare = (name) => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, "");
  const mine = bare(host);
  return mine !== "" && hosts2.filter((other) => bare(other) === mine).length === 1 ? mine : host;
}
function rowsOf(done) {
  const stages = STAGES.map((stage) => ({
    title: STAGE_TITLES[stage],
    steps: done.filter((step2) => step2.stage === stage && !step2.undo)
  }));
  return [...stages, { title: TAKE_BACK, steps: done.filter((step2) => step2.undo) }].filter(
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
var WIDTH2 = 24;
function bar(steps, end) {
  const scale = (time) => end === 0 ? 0 : time / end * WIDTH2;
  const strokes = [...new Set(steps.map(({ host }) => host))].map((host) => {
    const mine = steps.filter((step2) => step2.host === host);
    const from = Math.min(WIDTH2 - 1, Math.floor(scale(Math.min(...mine.map(({ at }) => at)))));
    const to = Math.round(scale(Math.max(...mine.map(({ at, took }) => at + took))));
    return { from, to: Math.max(from + 1, to) };
  });
  const cells2 = Array.from(
    { length: WIDTH2 },
    (_, cell2) => (
      // Spaces that don't break keep the bar's place in the code span, whose ground is its track.
      strokes.some(({ from, to }) => from <= cell2 && cell2 < to) ? "█" : " "
    )
  );
  return `\`${cells2.join("")}\``;
}
function everyStep({ steps }) {
  const done = steps.filter(isDone2);
  if (done.length === 0) return "";
  const hosts2 = [...new Set(done.map((step2) => step2.host))];
  const rows = done.toSorted((one, other) => one.at - other.at).map((step2) => [
    step2.ended ? "–" : step2.ok === false ? "✗" : step2.undo ? "↶" : "✓",
    formatDuration(step2.at),
    code(short(step2.host, hosts2)),
    text3(step2.text),
    formatDuration(step2.took),
    text3(step2.note ?? "")
  ]);
  return folded(`Every step (${done.length})`, table(["", "At", "Host", "Step", "Took", ""], rows));
}
function planOf2(steps) {
  const hosts2 = [...new Set(steps.map((step2) => step2.host))];
  const bodies = /* @__PURE__ */ new Map();
  for (const host of hosts2) {
    const body2 = planTable(steps.filter((step2) => step2.host === host));
    bodies.set(body2, [...bodies.get(body2) ?? [], host]);
  }
  if (bodies.size === 0) return "Every host is as wanted already: there is nothing to do.";
  return [...bodies].map(([body2, same]) => `**${same.map(code).join(", ")}**

${body2}`).join("\n\n");
}
function planTable(steps) {
  const stages = STAGES.filter((stage) => steps.some((step2) => step2.stage === stage));
  const lines = (stage) => steps.filter((step2) => step2.stage === stage).map((step2) => text3(step2.note === void 0 ? step2.text : `${step2.text}: ${step2.note}`)).join("<br>");
  return table(
    ["Stage", "Steps"],
    stages.map((stage) => [STAGE_TITLES[stage], lines(stage)])
  );
}

// src/report/summary.ts
function summaryOf2(report) {
  const parts2 = [
    `## ${headline(report)}`,
    failure(report),
    inShort(report),
    hostsOf(report),
    evidenceOf2(report.evidence),
    ...body(report),
    facts(report),
    removed(report),
    report.warnings.map((warning2) => `> ⚠️ ${said2(report, warning2)}`).join("\n>\n"),
    everyStep(report),
    wayBack2(report)
  ];
  return shortened3(`${parts2.filter((part) => part !== "").join("\n\n")}
`, report);
}
var LONGEST4 = 9e5;
function shortened3(summary2, report) {
  if (Buffer.byteLength(summary2) <= LONGEST4) return summary2;
  return `## ${headline(report)}

${failure(report)}

${facts(report)}

The rest is in the log: it is too long for a summary.
`;
}
function headline(report) {
  const { app, environment, release, error: error2 } = report;
  const what = app === void 0 ? "" : ` ${text3(app)}${environment === void 0 ? "" : ` → ${text3(environment)}`}`;
  const id2 = release === void 0 ? "" : ` ${code(release)}`;
  const words = {
    built: `📦${what} built`,
    planned: `📝${what}: plan for${id2}`,
    deployed: `✅${what}:${id2} is live`,
    unchanged: `✅${what}:${id2} was live already`,
    "rolled-back": `↩️${what}: rolled back to${id2}`,
    "turned-back": `❌${what}: turned back${after2(report)}`,
    failed: `❌${what === "" ? " Failed" : `${what}: failed`}`,
    seen: error2 === void 0 ? `🔎${what}` : `❌${what}: not every host could be asked`
  };
  return words[report.result];
}
function after2({ hosts: hosts2, live }) {
  const stuck = hosts2.filter((host) => host.stuck === true).length;
  if (stuck > 0) return `, but NOT wholly on ${stuck} of ${hosts2.length} hosts`;
  if (live !== void 0) return `, ${code(live)} is live`;
  return hosts2.every(({ is }) => is === void 0) ? ", nothing is live" : ", every host serves what it did before";
}
function failure(report) {
  const { error: error2, state, details } = report;
  if (error2 === void 0) return "";
  const seen = details.length === 0 ? "" : `

${fence(details.map(cut))}`;
  return `**${said2(report, error2)}**${seen}

${said2(report, state)}`;
}
function removed(report) {
  const [first, ...others] = report.removed;
  if (first === void 0) return "";
  return `> ℹ️ ${said2(report, removedText([first, ...others]))}`;
}
function inShort(report) {
  const { previous, strategy, hosts: hosts2, runUrl, took, result: result2 } = report;
  if (result2 === "seen") return "";
  const commit = commitOf(report);
  const parts2 = [
    ...result2 === "planned" ? ["**dry run: nothing was changed**"] : [],
    ...commit === "" ? [] : [`commit ${commit}`],
    ...previous === void 0 || result2 === "turned-back" ? [] : [`replaces ${code(previous)}`],
    ...sameEverywhere(hosts2) ? [hosts2.length === 1 ? code(hosts2[0]?.host ?? "") : `${hosts2.length} hosts, all healthy`] : [],
    ...strategy === void 0 ? [] : [text3(strategy)],
    ...took === 0 ? [] : [formatDuration(took)],
    ...runUrl === void 0 ? [] : [runOf(runUrl)]
  ];
  return parts2.join(" · ");
}
function sameEverywhere(hosts2) {
  return hosts2.length > 0 && hosts2.every(({ was, is, why: why2 }) => why2 === "healthy" && was === hosts2[0]?.was && is === hosts2[0]?.is);
}
function hostsOf(report) {
  const { result: result2, hosts: hosts2 } = report;
  if (["seen", "planned"].includes(result2) || hosts2.length === 0 || sameEverywhere(hosts2)) return "";
  const rows = hosts2.map(({ host, was, is, why: why2, unknown: unknown2 }) => [
    code(host),
    id(was),
    unknown2 ? "**?**" : id(is),
    said2(report, why2)
  ]);
  return table(["Host", "Before", "Now", ""], rows);
}
function body(report) {
  const { result: result2, hosts: hosts2 } = report;
  if (result2 === "seen") return [statusOf(hosts2)];
  if (result2 === "planned") return [planOf2(report.steps)];
  return [sharesOf(report), timelineOf(report)];
}
var id = (release) => release === void 0 ? "–" : code(release);
function facts(report) {
  const { images, tags, build: build2, environmentUrl, answer } = report;
  const lines = [
    ...silences(report),
    ...imageLines(images),
    ...tags.length === 0 ? [] : [`**Tags** ${tags.map(code).join(" ")}`],
    ...build2 === void 0 ? [] : [`**Build** ${buildLine(build2)}`],
    ...environmentUrl === void 0 ? [] : [
      `**URL** ${link(text3(environmentUrl), environmentUrl)}${answer === void 0 ? "" : `: ${text3(answer)}`}`
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
    const of = services.size > 1 && names.length > 0 ? ` of ${text3(names.join(", "))}` : "";
    return `**Image**${of} ${isPlaceholder(image) ? `${code(repositoryOf(image))}, ${UNBUILT}` : code(image)}`;
  });
}
function silences({ hosts: hosts2 }) {
  const lines = /* @__PURE__ */ new Map();
  for (const { host, silence } of hosts2) {
    if (silence === void 0) continue;
    const title = silence.whole ? "**Nothing answered**" : `**${text3(list3(silence.services))} did not answer**`;
    const time = `for ${formatDuration(silence.for)}${hosts2.length === 1 ? "" : ` on ${code(host)}`}`;
    lines.set(title, [...lines.get(title) ?? [], time]);
  }
  return [...lines].map(([title, times]) => `${title} ${times.join(", ")}`);
}
function commitOf({ revision, runUrl }) {
  if (revision === void 0) return "";
  const repository = runUrl === void 0 ? void 0 : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
  const address = repository === void 0 ? void 0 : `${repository}/commit/${revision}`;
  return link(code(revision.slice(0, 7)), address);
}
function runOf(runUrl) {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === void 0 ? "run" : `run ${number}`, runUrl);
}
function buildLine({ reused, tested, times }) {
  if (reused) return "reused: the registry already has this commit";
  const parts2 = Object.entries(times).map(([part, took]) => `${text3(part)} ${formatDuration(took)}`);
  return [...parts2, tested ? "tested inside the image" : "no test given"].join(" · ");
}
function wayBack2({ result: result2, previous, app, environment, hosts: all3 }) {
  if (result2 !== "deployed" || previous === void 0) return "";
  const lines = [
    "- uses: sealift/sealift/rollback@v1",
    "  with:",
    `    app: ${JSON.stringify(app ?? "")}`,
    `    environment: ${JSON.stringify(environment ?? "")}`,
    `    to: ${JSON.stringify(previous)}`,
    "    hosts: |",
    ...all3.map(({ host }) => `      ${host}`),
    "    # and ssh-key, known-hosts, … as in this job"
  ];
  return folded(
    "How to roll back",
    `The containers of ${code(previous)} are kept on the hosts, so going back is starting them.

${fence(lines, "yaml")}`
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
    "rolled-back": String(isBack(report)),
    "environment-url": report.environmentUrl ?? "",
    report: reportJson(report)
  };
}
function isBack({ result: result2, release, hosts: hosts2 }) {
  return result2 === "turned-back" && hosts2.every(({ unknown: unknown2 }) => unknown2 !== true) && hosts2.some(({ is }) => is !== void 0 && is !== release);
}
var LONGEST5 = 4e5;
function reportJson(report) {
  const whole2 = JSON.stringify(report);
  if (whole2.length <= LONGEST5) return whole2;
  const evidence = report.evidence.map((each2) => ({ ...each2, lastLines: [] }));
  return JSON.stringify({ ...report, details: [], steps: [], evidence });
}
async function publish2(report) {
  for (const [name, value] of Object.entries(outputsOf(report))) setOutput(name, value);
  if (process.env["GITHUB_STEP_SUMMARY"] !== void 0) await summary.addRaw(summaryOf2(report)).write();
}

// src/release/find.ts
function findRelease(records, host, to) {
  const live = host.traffic?.release ?? host.accepted;
  const past = acceptedOnes(records);
  if (to === void 0) {
    const replaced2 = live === void 0 ? void 0 : acceptanceOf(records.history, live)?.previous;
    const before = replaced2 === live ? void 0 : replaced2;
    const previous = records.releases.find((release) => release.id === before) ?? past.find((release) => release.id !== live);
    if (previous !== void 0) return previous;
    throw new ConfigurationError(`${host.host}: ${nothingBefore(live, before, records)}`);
  }
  const fits = best([
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
  if (only !== void 0 && (others.length === 0 || sameCommit(fits))) return only;
  throw new ConfigurationError(
    fits.length === 0 ? `to: ${host.host} has no release "${to}"${gone(to, records)}. ${past.length === 0 ? "None is recorded there." : `There are: ${choice(past)}.`}` : `to: "${to}" fits several releases on ${host.host}: ${choice(fits)}. Name one by its id.`
  );
}
var gone = (to, { history }) => history.some(({ release, event }) => release === to && event !== "turned-back") ? ` any more: the deploy's "keep" says how many stay` : "";
function nothingBefore(live, before, { history }) {
  const known = before ?? acceptances(history).findLast(({ release }) => release !== live)?.release;
  if (known === void 0) return `there is no release before ${live ?? "the first one"} to go back to.`;
  return `${known} was live before ${live ?? "this"} and is not kept any more, so there is nothing to go back to: the deploy's "keep" says how many releases stay, the live one among them. Deploy its image again (input "image"), and set keep to 2 or more.`;
}
var choice = (releases2) => releases2.map(({ id: id2, origin }) => `${id2} (${origin.revision?.slice(0, 7) ?? "no commit"})`).join(", ");
function acceptedOnes({ history, releases: releases2 }) {
  const ids = new Set(
    acceptances(history).map((entry2) => entry2.release).reverse()
  );
  return [...ids].flatMap((id2) => releases2.filter((release) => release.id === id2));
}
var best = (groups) => groups.find((each2) => each2.length > 0) ?? [];
function sameCommit(releases2) {
  const [first] = releases2;
  return first?.origin.revision !== void 0 && releases2.every((release) => release.origin.revision === first.origin.revision);
}

// src/rollback.ts
async function rollback(request3, house) {
  const { target, options } = request3;
  Object.assign(house.report, {
    app: target.app,
    environment: target.environment
  });
  const fleet = await group("Connect", () => openFleet(target, house.tools));
  try {
    const observations = await fleet.observe(target);
    const found = sameEverywhere2(foundOnAny(observations, request3.to), target.environment);
    const release = withTime(found, request3.healthTimeout);
    Object.assign(house.report, {
      release: release.id,
      revision: release.origin.revision,
      tags: release.origin.tags
    });
    await carryOut({
      fleet,
      target,
      observations,
      release,
      strategy: chooseStrategy(release, void 0),
      keep: Number.MAX_SAFE_INTEGER,
      event: "rolled-back",
      bake: 0,
      limits: void 0,
      updateAccessories: false,
      hooks: { before: [], after: [] },
      waves: { kind: "all" },
      options,
      confidential: /* @__PURE__ */ new Map(),
      environment: () => registryEnvironment(request3.registry, release, house.tools),
      house
    });
  } finally {
    await fleet.close();
  }
}
function foundOnAny(observations, to) {
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
function sameEverywhere2(found, environment) {
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
var LEAST_TIME = 6e4;
function withTime(release, said3) {
  const { health } = release;
  return { ...release, health: { ...health, timeout: said3 ?? Math.max(health.timeout, LEAST_TIME) } };
}

// src/run/run.ts
import { spawn as spawn4 } from "node:child_process";
var GRACE = 5e3;
var KEPT_LINES3 = 20;
function runner(log) {
  return async (program, args, options = {}) => {
    const command = [program, ...args].join(" ");
    log?.debug(`$ ${command}`);
    const { code: code2, stdout, stderr, tail } = await runToEnd(program, args, options);
    if (code2 === void 0 || code2 !== 0 && !options.allow?.includes(code2)) {
      throw new CommandError(shortened4(command), code2, tail);
    }
    return { exitCode: code2, stdout, stderr };
  };
}
var run2 = runner();
function runToEnd(program, args, options) {
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(reasonOf(signal));
  return new Promise((resolve4, reject) => {
    const child = spawn4(program, [...args], {
      cwd: options.cwd,
      env: options.env ?? programEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true
    });
    const output = outputOf2(child, options);
    child.stdin.on("error", () => void 0);
    child.stdin.end(options.stdin ?? "");
    let killer;
    const onAbort = () => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), GRACE);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (what) => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", onAbort);
      what();
    };
    child.once("error", (error2) => settle(() => reject(notStarted(program, options.cwd, error2))));
    child.once("exit", () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once(
      "close",
      (code2) => settle(() => {
        if (signal?.aborted) reject(reasonOf(signal));
        else resolve4({ code: code2 ?? void 0, ...output() });
      })
    );
  });
}
function outputOf2(child, { onLine }) {
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
  const stdout = new Lines((line) => onLine(line, "stdout"));
  const stderr = new Lines((line) => {
    tail.push(line);
    if (tail.length > KEPT_LINES3) tail.shift();
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
function notStarted(program, cwd, error2) {
  if (error2.code === "ENOENT") {
    const where = cwd === void 0 ? "" : ` (or the folder ${cwd} does not exist)`;
    return new ConfigurationError(
      `${program} was not found on this runner${where}. Install it in a step before this one.`,
      { cause: error2 }
    );
  }
  return new SealiftError(`${program} could not be started: ${error2.message}`, { cause: error2 });
}
function reasonOf(signal) {
  return signal.reason instanceof Error ? signal.reason : new SealiftError(String(signal.reason));
}
function shortened4(command) {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

// src/report/status-table.ts
var COLUMNS3 = ["", "release", "commit", "since", "by", "condition"];
function statusLines(hosts2) {
  return hosts2.flatMap((host) => {
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
    const widths = COLUMNS3.map(
      (title, column2) => Math.max(title.length, ...rows.map((row) => row[column2]?.length ?? 0))
    );
    const line = (cells2) => `  ${cells2.map((cell2, column2) => cell2.padEnd(widths[column2] ?? 0)).join("  ").trimEnd()}`;
    return [`${host.host}: ${host.why}`, ...rows.length === 0 ? [] : [line(COLUMNS3), ...rows.map(line)]];
  });
}

// src/status.ts
async function status(request3, house) {
  const { target } = request3;
  Object.assign(house.report, {
    app: target.app,
    environment: target.environment
  });
  const { observations, failures } = await group("Connect", () => survey(target, house.tools));
  const hosts2 = target.hosts.map(({ name }) => {
    const seen = observations.find(({ host }) => host.host === name);
    const lost = failures.find(({ host }) => host === name);
    return seen === void 0 ? {
      host: name,
      was: void 0,
      is: void 0,
      unknown: true,
      why: messageWithout(name, lost?.error),
      kept: []
    } : statusReport(seen.host);
  });
  const live = liveOn(hosts2);
  const record = observations[0]?.records.releases.find((release) => release.id === live);
  Object.assign(house.report, {
    result: "seen",
    release: live,
    live,
    revision: record?.origin.revision,
    images: Object.fromEntries(
      Object.values(record?.services ?? {}).map((service) => [service.name, service.image])
    ),
    hosts: hosts2
  });
  for (const line of statusLines(hosts2)) house.tools.log.info(line);
  const [first, ...others] = failures;
  if (first === void 0) return;
  if (others.length === 0) throw first.error;
  const evidence = failures.flatMap(({ error: error2 }) => error2 instanceof SealiftError ? error2.evidence : []);
  throw new SealiftError(sayOnce(failures), { evidence: [...new Set(evidence)] });
}

// src/step-folder.ts
import { mkdtemp as mkdtemp3, rm as rm4 } from "node:fs/promises";
import { tmpdir as tmpdir2 } from "node:os";
import { join as join12 } from "node:path";
var FOLDER = "folder";
async function makeFolder() {
  return await mkdtemp3(join12(tmpdir2(), "sealift-"));
}
async function removeFolder(folder) {
  await rm4(folder, { recursive: true, force: true });
}

// src/main.ts
async function run3(command) {
  const began = performance.now();
  const commit = await readCommit();
  const report = draftReport(command, commit.runUrl);
  const cancelled = new AbortController();
  const folder = await makeFolder();
  saveState(FOLDER, folder);
  const onSignal = () => cancelled.abort(new Error("The job was cancelled."));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const { request: request3, warnings } = readRequest(command);
    for (const warning2 of warnings) warning(warning2);
    const tools = { run: runner(consoleLog), log: consoleLog, folder };
    await tell2(request3, {
      tools,
      commit,
      by: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal
    });
  } catch (error2) {
    const { cause, headline: headline2, details, lines } = failureLines(error2, report.state);
    for (const line of lines) info(line);
    Object.assign(report, { error: cause, details });
    setFailed(headline2);
  } finally {
    report.took = Math.round(performance.now() - began);
    try {
      await publish2(report);
    } finally {
      await removeFolder(folder);
    }
  }
}
function tell2(request3, house) {
  switch (request3.command) {
    case "deliver":
    case "deploy":
      return deliver(request3, house);
    case "build":
      return build(request3, house);
    case "rollback":
      return rollback(request3, house);
    case "status":
      return status(request3, house);
  }
}
export {
  run3 as run
};
