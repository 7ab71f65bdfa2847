/*
 * wire NAMESPACE DEVICE NAMESPACE TAP DELAY_MS MBIT
 *
 * Joins DEVICE, by a packet socket, with TAP, which it makes, each in its own network namespace. Every frame arrives
 * DELAY_MS later; with MBIT above 0, no faster than that. What finds the queue full is dropped, as a router would.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_FRAME = 66000, MOST_FRAMES = 4096, MOST_BYTES = 4000000, NS_PER_S = 1000000000 };

struct frame {
  long long due;
  int length;
  unsigned char *bytes;
};

struct queue {
  struct frame frames[MOST_FRAMES];
  int first, count;
  long long bytes, sent; /* sent: when the last frame has left the slow link */
};

static struct queue queues[2];
static long long delay;
static double ns_per_byte;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * (long long)NS_PER_S + t.tv_nsec;
}

static void enter(const char *namespace) {
  int file = open(namespace, O_RDONLY);
  if (file < 0 || setns(file, CLONE_NEWNET)) fail(namespace);
  close(file);
}

/* Frames carry a virtio header, so that they may be as long as the kernel's segmentation makes them. */
static int open_device(const char *name) {
  int on = 1, buffer = 8 << 20, s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(name)};
  if (s < 0 || setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) fail("packet socket");
  setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  if (bind(s, (void *)&address, sizeof address)) fail(name);
  return s;
}

static int open_tap(const char *name) {
  int header = sizeof(struct virtio_net_hdr), tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request)) fail(name);
  ioctl(tap, TUNSETVNETHDRSZ, &header);
  /* A slow link sends packets of its own size: 64 KiB in one piece would come in lumps. */
  ioctl(tap, TUNSETOFFLOAD, ns_per_byte > 0 ? TUN_F_CSUM : TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
  return tap;
}

static void push(struct queue *q, const unsigned char *bytes, int length) {
  if (q->count >= MOST_FRAMES || q->bytes > MOST_BYTES) return;
  long long t = now();
  if (q->sent < t) q->sent = t;
  q->sent += (long long)(length * ns_per_byte);
  struct frame *f = &q->frames[(q->first + q->count) % MOST_FRAMES];
  f->bytes = malloc(length);
  if (!f->bytes) fail("memory");
  memcpy(f->bytes, bytes, length);
  f->length = length;
  f->due = q->sent + delay;
  q->count++;
  q->bytes += length;
}

static void deliver(struct queue *q, int to) {
  long long t = now();
  while (q->count && q->frames[q->first].due <= t) {
    struct frame *f = &q->frames[q->first];
    if (write(to, f->bytes, f->length) < 0 && errno == EINVAL) fprintf(stderr, "refused: %d bytes\n", f->length);
    q->bytes -= f->length;
    free(f->bytes);
    q->first = (q->first + 1) % MOST_FRAMES;
    q->count--;
  }
}

static void set_timer(int timer) {
  long long next = 0;
  for (int i = 0; i < 2; i++)
    if (queues[i].count) {
      long long due = queues[i].frames[queues[i].first].due;
      if (!next || due < next) next = due;
    }
  struct itimerspec at = {.it_value = {next / NS_PER_S, next % NS_PER_S}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, 0);
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(stderr, "wire NAMESPACE DEVICE NAMESPACE TAP DELAY_MS MBIT\n");
    return 2;
  }
  double mbit = atof(arguments[6]);
  delay = (long long)(atof(arguments[5]) * 1e6);
  ns_per_byte = mbit > 0 ? 8000 / mbit : 0;
  enter(arguments[1]);
  int device = open_device(arguments[2]);
  enter(arguments[3]);
  int tap = open_tap(arguments[4]);
  int ends[2] = {device, tap}, timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  static unsigned char buffer[LONGEST_FRAME];
  for (;;) {
    set_timer(timer);
    struct pollfd waiting[3] = {{device, POLLIN, 0}, {tap, POLLIN, 0}, {timer, POLLIN, 0}};
    if (poll(waiting, 3, -1) < 0 && errno != EINTR) fail("poll");
    for (int i = 0; i < 2; i++)
      for (int k = 0; k < 256; k++) { /* then a look at the other end */
        int length = (int)read(ends[i], buffer, sizeof buffer);
        if (length <= 0) break;
        push(&queues[i], buffer, length);
      }
    for (int i = 0; i < 2; i++) deliver(&queues[i], ends[1 - i]);
  }
}
