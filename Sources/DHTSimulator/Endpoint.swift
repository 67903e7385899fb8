/// What stands at an address of the world; the number counts within its kind.
enum Endpoint {
  case machine(Int)
  case puppet(Int)
  case nat(Int)
  case nobody
}
