/// What a client holds as long as it is open. Given back once.
package struct Permit: Sendable {
  let client: Client?
  let resource: Resource
}
