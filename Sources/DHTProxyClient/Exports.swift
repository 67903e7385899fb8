// A user of a proxy names the platform of a device, and needs nothing else of the messages.
@_exported public import struct DHTProxyMessages.PushPlatform
