import OpenDHT

/// A line of the shell, understood. (tools.md §3.4)
enum ShellCommand: Equatable {
  case help, exit
  case nodeReport, routingTables, addresses
  /// A key narrows it to one search, or one storage.
  case searches(InfoHash?), storage(InfoHash?)
  case bootstrap(Host)
  /// Toggles the log; with a hash: on, and only lines about it.
  case log(InfoHash?)
  case connectivityChanged
  case get(KeyArgument, [Query.Filter])
  case query(KeyArgument, Query)
  case listen(KeyArgument, [Query.Filter])
  case cancelListen(KeyArgument, token: Int)
  /// `isCut` tells that words after the value were dropped.
  case put(KeyArgument, String, isPermanent: Bool, isCut: Bool)
  case cancelPut(KeyArgument, Value.ID)
  case putSigned(KeyArgument, String, isCut: Bool)
  case putEncrypted(KeyArgument, Recipient, String, isCut: Bool)
  /// Serves the proxy on a port; with a push server in place of that of the command line.
  case startProxy(port: UInt16, isSecure: Bool, pushServer: String?)
  case stopProxy(port: UInt16)
  /// Goes through a proxy: this one, or that of the command line.
  case useProxy(server: String?, deviceKey: String?)
  case leaveProxy
  /// Subscribes every listen anew with a push token.
  case setPushToken(String)
  /// Behaves as if a notification had come.
  case injectPush(String)
}

/// What is wrong with a shell line: one line of text, and the key that was understood before, which is still told.
struct ShellSyntaxError: Error, Equatable {
  enum Place { case standardOutput, standardError }
  var text: String
  var place = Place.standardError
  var key: KeyArgument?
}
