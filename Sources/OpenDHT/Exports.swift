// A user imports OpenDHT and has the words of the protocol with it: keys, values, queries and addresses from the
// model, hashing of keys, and of the core only what the façade takes or returns. `Node`, `Event` and their kin stay out.
@_exported public import DHTModel
@_exported public import DHTSecurity

@_exported public import struct DHTCore.BucketDescription
@_exported public import struct DHTCore.Counters
@_exported public import enum DHTCore.Ending
@_exported public import struct DHTCore.FamilyStatistics
@_exported public import struct DHTCore.GetOutcome
@_exported public import struct DHTCore.Host
@_exported public import struct DHTCore.Limits
@_exported public import enum DHTCore.ListenChange
@_exported public import struct DHTCore.NodeDescription
@_exported public import enum DHTCore.NodeState
@_exported public import struct DHTCore.PingOutcome
@_exported public import struct DHTCore.PutFailure
@_exported public import struct DHTCore.PutReceipt
@_exported public import struct DHTCore.SearchDescription
@_exported public import enum DHTCore.Source
@_exported public import enum DHTCore.Status
@_exported public import struct DHTCore.StorageDescription
@_exported public import struct DHTCore.StorageStatistics
@_exported public import struct DHTCore.TraceStep
@_exported public import class DHTTransport.DHTThreads
@_exported public import struct DHTTransport.SocketConfiguration
@_exported public import struct DHTTransport.SocketCounters
