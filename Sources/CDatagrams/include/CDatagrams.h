#ifndef CDATAGRAMS_H
#define CDATAGRAMS_H

#include <stddef.h>

// Many datagrams with one call of the system. A shim, since Swift's import of the C libraries leaves sendmmsg(2) out.
// It includes no header of the system: that header's types would become this module's.

/// Datagrams that one call takes at most.
#define CDATAGRAMS_PER_CALL 64

/// A datagram: where its bytes stand, and where it goes.
struct CDatagram {
  const void *bytes;
  size_t count;
  /// The system's form of an address of either family, and how many bytes of it count.
  _Alignas(8) unsigned char destination[32];
  unsigned destination_length;
  /// The caller's number for it.
  int index;
};

/// Sends datagrams in order until the system refuses one, or 64 are sent. Returns how many it took; if it refused the
/// first, minus the error number. Fewer than all does not say why: a call that begins with the next one does.
int CDatagrams_send(int socket, const struct CDatagram *datagrams, int count);

/// The same with a call for each: for systems without sendmmsg(2).
int CDatagrams_send_each(int socket, const struct CDatagram *datagrams, int count);

#endif
