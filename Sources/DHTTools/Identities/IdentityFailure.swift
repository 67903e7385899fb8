/// Why an identity could not be had, in one line, and how a program ends that needs it.
struct IdentityFailure: Error, Equatable, CustomStringConvertible {
  var description: String
  var status = ExitStatus.keyOrPassword
}
