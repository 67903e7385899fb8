/// A P-256 key encrypted by OpenSSL with the password `secret`, in forms that peers read besides their own.
struct EncryptedForm: Sendable, CustomStringConvertible {
  var description: String
  var pem: String

  static let all: [EncryptedForm] = [
    EncryptedForm(
      description: "PBES2, AES-128",
      pem: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhhpaWRw0m9RwICA+gw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEELDFv3nA1ziurkKC8lrepOEEgZB9
        btxPitnpfMRW3GSJkZlTu7KSdZvUegRMd1sFwBJESPJa24ZSRZ5W86Pz7wi+o/Jf
        FlLJGYGU81rohI6ssKZg+trIZYMQ2VpunTj9HsdR+t8YjDQxeuYBFoFsXDdk7XEc
        fWzNcX026BW2dW3gLWPdNL6ZauRnbppHrWAEBkuPkON9f+k9wGIIWIU33TetFkw=
        -----END ENCRYPTED PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "PBES2, AES-192",
      pem: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgQi6TfESf+WwICA+gw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEARYEEGEZgt1PERkfKGpZyRPaiOMEgZDn
        Wu4tjvdpQ7T7C7ySAhN5DpOG4CuCBlQRuscSo2t4ALstpT6oxpuANrowKMf0bv/P
        gGX1SfCIK3CYSwNsJfG00Ou71ZCsTEraIm+5Lkk5nG++Fc+YI142hIi2T9xVdwYo
        d8v3IRXrn1+ovh/Mra7R0DnP7xB3mUuGERvndNg35+X66pncEzVNVHbh2U3XajI=
        -----END ENCRYPTED PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "PBES2, AES-256, HMAC-SHA512",
      pem: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAir+v/KP7mk0wICA+gw
        DAYIKoZIhvcNAgsFADAdBglghkgBZQMEASoEEBHmCUGOjmDu4NPpxhs8EAIEgZCU
        GgLPB+hAkttWcI+8OROnbQfqrOnxfrkPYjW/7RuD6bf780uJRjLgZsDtL98l5AVY
        UPVNJeITnBSHDFesH4DA2afQBdn904vTR1XWq5rrb0quNkTqQlwxl2RQmtNfHgNC
        xhJOWZuqY3Sv3duHSfSnGVhE4nHr1hcaf8j/HjiGbnaaMscF6bqwKDMXcblOInk=
        -----END ENCRYPTED PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "PBES2, triple DES, HMAC-SHA1",
      pem: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHVMEAGCSqGSIb3DQEFDTAzMBsGCSqGSIb3DQEFDDAOBAjAiIG59WVyoQICA+gw
        FAYIKoZIhvcNAwcECNs63yG+iCReBIGQhYqD36/PN3TRLAF1a1SjZtDpbPLCixOB
        JlQ60Mxd8zmMt6YdWzfyrJbn62pgifrRZcoPnsS9lkhcv/2UmhlYKIaD9Nr886pN
        tF82zOpHUlTQnkQe7HhHgl2AxCkiazr/u1FjtL0DmhZj84nPofHNAuzunU9yPFwf
        ZXExTEwcoAf5Hm0RZ4tUKZB1TeJdwX2t
        -----END ENCRYPTED PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "PKCS#12, triple DES",
      pem: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGxMBwGCiqGSIb3DQEMAQMwDgQIwfusaLstllgCAgPoBIGQCEPyljvWM72mCk5/
        0bewJ8TjIzwOy7IjImcDdeiezSbIxtZlUV/gpHR7Uei29Z9WvJzWYcITRODkUpJT
        5ob2VUo4l2dblnmfPF7RCZ+3ac8fYj6dgagPd0PCSoDDyd1PgLyFXHed/OwNbBso
        J2eu8JpgCruWSxyNum7BsxiSFJeYehKefKxutLsVWKUmQhpu
        -----END ENCRYPTED PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "headers, triple DES",
      pem: """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: DES-EDE3-CBC,8D07D62534269876

        e18cof/pb6btwlbQ31akmC1ZV5XR1ycKPPAmVs3TU2FG9mHYmVknTFjTM2wZq+6S
        zD4CT1oxhSeUszO53ok6dBkBDUvH9CjEpygYRPwcINNAbVmIO+IsBaj5z7pkqurm
        GCphjHMqVM4pM1lYZjpwMegf/ivoSIVE+zcQZB6PIXc=
        -----END EC PRIVATE KEY-----
        """),
    EncryptedForm(
      description: "headers, AES-128",
      pem: """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,4665F77D2763F7E6362236A51EB9350B

        EVdq4DG6pq7ggqKy+QTqmfWfSkbx+Wt+ZeVPPK1IkBMAMbcPlElcWHiOCLo18GOu
        J6e6YcEtGhZAYiM579uYhz1xIHHIAd5BXpZZul0Ti0wMPsrfBk1N+qH8hIP0H1Wr
        rsjBRD7Hij5WAsufm7JyasC/nTZjjgrVqG+vua0p/zc=
        -----END EC PRIVATE KEY-----
        """),
  ]
}
