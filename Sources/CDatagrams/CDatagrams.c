#define _GNU_SOURCE  // sendmmsg
#include "CDatagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(((struct CDatagram *)0)->destination), "room for an address");

int CDatagrams_send_each(int socket, const struct CDatagram *datagrams, int count) {
  for (int sent = 0; sent < count; sent++) {
    const struct CDatagram *datagram = &datagrams[sent];
    ssize_t result;
    do {
      result = sendto(socket, datagram->bytes, datagram->count, 0, (const struct sockaddr *)datagram->destination,
                      datagram->destination_length);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return sent > 0 ? sent : -errno;
  }
  return count;
}

#if defined(__linux__)

int CDatagrams_send(int socket, const struct CDatagram *datagrams, int count) {
  if (count == 1) return CDatagrams_send_each(socket, datagrams, count);  // the cheaper call of the two
  if (count > CDATAGRAMS_PER_CALL) count = CDATAGRAMS_PER_CALL;
  struct iovec bytes[CDATAGRAMS_PER_CALL];
  struct mmsghdr messages[CDATAGRAMS_PER_CALL];
  memset(messages, 0, (size_t)count * sizeof *messages);
  for (int i = 0; i < count; i++) {
    bytes[i].iov_base = (void *)datagrams[i].bytes;
    bytes[i].iov_len = datagrams[i].count;
    messages[i].msg_hdr.msg_name = (void *)datagrams[i].destination;
    messages[i].msg_hdr.msg_namelen = datagrams[i].destination_length;
    messages[i].msg_hdr.msg_iov = &bytes[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int sent;
  do {
    sent = sendmmsg(socket, messages, (unsigned)count, 0);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return sent;
  // A sandbox may know the old call only.
  return errno == ENOSYS ? CDatagrams_send_each(socket, datagrams, count) : -errno;
}

#else

int CDatagrams_send(int socket, const struct CDatagram *datagrams, int count) {
  return CDatagrams_send_each(socket, datagrams, count);
}

#endif
