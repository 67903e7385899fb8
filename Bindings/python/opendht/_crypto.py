"""Keys, certificates, identities, trust."""

import os
from ctypes import c_size_t, create_string_buffer
from typing import Any, Optional, Union

from ._hashes import InfoHash, PkId, _WithID, _WithPk, hash_of, long_id_of
from ._library import Handle, IdentityHandles, expect, last_error, lib, take_blob, take_string, text, unsigned
from .errors import Code, DhtError

_TOO_SMALL = -51


class _Text(str):
    """A name that programs written for 2.x may decode, as they get bytes there."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return str(self)


class _Part(Handle):
    """A key or certificate; empty until it is made or read."""

    __slots__ = ()

    def __init__(self) -> None:
        self._native = None

    @classmethod
    def _owned(cls, native: Optional[int]) -> Any:
        made = cls.__new__(cls)
        made._native = native
        return made

    @property
    def _there(self) -> int:
        if not self._native:
            raise ValueError(f"{type(self).__name__} is not initialized")
        return self._native

    def __bool__(self) -> bool:
        return bool(self._native)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self if self._native else ''}'>"


class PublicKey(_Part, _WithPk):
    """A public key, from a DER or PEM text or from what knows one. Equal to its `InfoHash`."""

    __slots__ = ()
    _delete = lib.dht_publickey_delete

    def __init__(self, dat: Optional[bytes] = None):
        super().__init__()
        if dat:
            self._native = lib.dht_publickey_import(expect(dat, bytes, "dat"), len(dat))
            if not self._native:
                raise DhtError(Code.SECURITY)

    def getId(self) -> InfoHash:
        return hash_of(lib.dht_publickey_get_id(self._there))

    def getLongId(self) -> PkId:
        return long_id_of(lib.dht_publickey_get_long_id(self._there))

    def encrypt(self, dat: bytes) -> bytes:
        """Encrypts for the owner of the private key."""
        return _crypted(lib.dht_publickey_encrypt(self._there, expect(dat, bytes, "dat"), len(dat)))

    def checkSignature(self, dat: bytes, signature: bytes) -> bool:
        expect(signature, bytes, "signature")
        return bool(lib.dht_publickey_check_signature(self._there, expect(dat, bytes, "dat"), len(dat),
                                                      signature, len(signature)))

    def __bytes__(self) -> bytes:
        """DER."""
        native, size = self._there, c_size_t(1024)
        while True:
            buffer = create_string_buffer(size.value)
            code = lib.dht_publickey_export(native, buffer, size)
            if code == 0:
                return buffer.raw[:size.value]
            if code != _TOO_SMALL:
                raise DhtError(Code.SECURITY)

    def __hash__(self) -> int:
        return hash(self.getId()) if self else 0

    def __eq__(self, other: object) -> bool:
        """An InfoHash too: that is what the owner of a value is in 2.x."""
        if isinstance(other, PublicKey):
            return self.getLongId() == other.getLongId() if self and other else bool(self) == bool(other)
        if isinstance(other, InfoHash):
            return self.getId() == other if self else not other
        return NotImplemented

    # What a program written for 2.x may ask of an owner, an InfoHash there.
    def toString(self) -> bytes:
        return self.getId().toString()


class PrivateKey(_Part, _WithPk):
    """A private key."""

    __slots__ = ()
    _delete = lib.dht_privatekey_delete

    @staticmethod
    def generate() -> "PrivateKey":
        """An RSA key of 4096 bits. Takes a second or more."""
        return PrivateKey._made(lib.dht_privatekey_generate(0))

    @staticmethod
    def generateEC() -> "PrivateKey":
        """A P-384 key: it signs certificates, not values."""
        return PrivateKey._made(lib.odht_privatekey_generate_ec())

    @staticmethod
    def _made(native: Optional[int]) -> "PrivateKey":
        if not native:
            raise DhtError(Code.SECURITY)
        key: PrivateKey = PrivateKey._owned(native)
        return key

    def getId(self) -> InfoHash:
        return self.getPublicKey().getId()

    def getLongId(self) -> PkId:
        return self.getPublicKey().getLongId()

    def getPublicKey(self) -> PublicKey:
        key: PublicKey = PublicKey._owned(lib.dht_privatekey_get_publickey(self._there))
        return key

    def decrypt(self, dat: bytes) -> bytes:
        return _crypted(lib.dht_privatekey_decrypt(self._there, expect(dat, bytes, "dat"), len(dat)))

    def sign(self, dat: bytes) -> bytes:
        return _crypted(lib.odht_privatekey_sign(self._there, expect(dat, bytes, "dat"), len(dat)))


class Certificate(_Part, _WithPk):
    """A certificate with its issuers, from a chain of PEM, or DER."""

    __slots__ = ()
    _delete = lib.dht_certificate_delete

    def __init__(self, dat: Optional[bytes] = None):
        super().__init__()
        if dat is not None and expect(dat, bytes, "dat"):
            self._native = lib.dht_certificate_import(dat, len(dat))
            if not self._native:
                raise DhtError(Code.SECURITY, f"Could not read certificate - {last_error()}")

    @staticmethod
    def generate(k: PrivateKey, name: str, i: "Optional[Identity]" = None, is_ca: bool = False) -> "Certificate":
        """A certificate of a key, signed by an identity that is an authority, by itself without one."""
        native = lib.odht_certificate_generate(expect(k, PrivateKey, "k")._there, text(name, "name"),
                                               _optional(i, "i")._handles(), is_ca)
        if not native:
            raise DhtError(Code.SECURITY)
        made: Certificate = Certificate._owned(native)
        return made

    def getId(self) -> InfoHash:
        return hash_of(lib.dht_certificate_get_id(self._there))

    def getLongId(self) -> PkId:
        return long_id_of(lib.dht_certificate_get_long_id(self._there))

    def getName(self) -> str:
        """Common name of the subject."""
        return _Text(take_string(lib.odht_certificate_get_name(self._there)).decode(errors="replace"))

    @property
    def issuer(self) -> "Optional[Certificate]":
        native = lib.odht_certificate_get_issuer(self._native) if self._native else None
        return Certificate._owned(native) if native else None

    def revoke(self, k: PrivateKey, c: "Certificate") -> None:
        """Adds a certificate that this one issued to its list of revoked ones, which is signed with its key."""
        key, revoked = expect(k, PrivateKey, "k")._there, expect(c, Certificate, "c")._there
        if not lib.odht_certificate_revoke(self._there, key, revoked):
            raise DhtError(Code.SECURITY)

    def toString(self) -> str:
        """PEM of it and its issuers."""
        return take_string(lib.odht_certificate_print(self._native, True)).decode() if self._native else ""

    def __bytes__(self) -> bytes:
        return self.toString().encode()


class Identity:
    """A private key and the certificate of its public half. Made of neither, it is nobody."""

    __slots__ = ("_key", "_certificate")

    def __init__(self, k: Optional[PrivateKey] = None, c: Optional[Certificate] = None):
        self._key = None if k is None else expect(k, PrivateKey, "k")
        self._certificate = None if c is None else expect(c, Certificate, "c")

    @staticmethod
    def generate(name: str = "pydht", ca: "Optional[Identity]" = None, bits: int = 4096) -> "Identity":
        """A new RSA key and its certificate, signed by `ca`, by itself without one. Takes a second or more."""
        authority = _optional(ca, "ca")
        handles = authority._handles() if authority else None
        return Identity._of(lib.odht_identity_generate(text(name, "name"), handles, unsigned(bits, 32), not authority))

    @staticmethod
    def load(path: "Union[str, os.PathLike[str]]", password: str = "") -> "Identity":
        """Reads `path`.pem and `path`.crt."""
        return Identity._of(lib.odht_identity_load(os.fsencode(path), text(password, "password")))

    def save(self, path: "Union[str, os.PathLike[str]]", password: str = "") -> None:
        """Writes `path`.pem, for its owner only, and `path`.crt. Nothing is overwritten."""
        if not lib.odht_identity_save(self._handles(), os.fsencode(path), text(password, "password")):
            raise DhtError(Code.SECURITY)

    @staticmethod
    def _of(handles: IdentityHandles) -> "Identity":
        if not handles.privatekey:
            raise DhtError(Code.SECURITY)
        return Identity(PrivateKey._owned(handles.privatekey), Certificate._owned(handles.certificate))

    def _handles(self) -> IdentityHandles:
        """Valid while this object lives."""
        return IdentityHandles(self._key._native if self._key else None,
                               self._certificate._native if self._certificate else None)

    @property
    def key(self) -> Optional[PrivateKey]:
        return self._key

    @property
    def publickey(self) -> Optional[PublicKey]:
        return self._key.getPublicKey() if self._key else None

    @property
    def certificate(self) -> Optional[Certificate]:
        return self._certificate

    def __bool__(self) -> bool:
        return bool(self._key)


class VerifyResult:
    """Whether a certificate is valid. As a number, why not, in the bits of GnuTLS."""

    __slots__ = ("_code",)
    _REASONS = ((5, "revoked"), (6, "signed by nobody that is trusted"), (9, "not valid yet"), (10, "expired"),
                (11, "signed badly"))

    def __init__(self, code: int = 0):
        self._code = code

    def __bool__(self) -> bool:
        return self._code == 0

    def __int__(self) -> int:
        return self._code

    def __str__(self) -> str:
        if self:
            return "valid"
        reasons = [reason for bit, reason in self._REASONS if self._code >> bit & 1]
        return f"not valid: {', '.join(reasons) or 'for another reason'} (code {self._code})"

    def __repr__(self) -> str:
        return f"<VerifyResult '{self}'>"


class TrustList(Handle):
    """Certificates that are trusted, with all that they issued."""

    __slots__ = ()
    _delete = lib.odht_trust_list_delete

    def __init__(self) -> None:
        self._native = lib.odht_trust_list_new()

    def add(self, cert: Certificate) -> None:
        """Trusts a certificate, its issuers, and what they revoked."""
        lib.odht_trust_list_add(self._native, expect(cert, Certificate, "cert")._there)

    def remove(self, cert: Certificate) -> None:
        lib.odht_trust_list_remove(self._native, expect(cert, Certificate, "cert")._there)

    def verify(self, cert: Certificate) -> VerifyResult:
        return VerifyResult(lib.odht_trust_list_verify(self._native, expect(cert, Certificate, "cert")._there))


def aesEncrypt(data: bytes, password: str) -> bytes:
    """Encrypts with a password."""
    return _crypted(lib.odht_aes_encrypt(expect(data, bytes, "data"), len(data), text(password, "password")))


def aesDecrypt(data: bytes, password: str) -> bytes:
    """RuntimeError when the password is wrong."""
    return _crypted(lib.odht_aes_decrypt(expect(data, bytes, "data"), len(data), text(password, "password")))


def _crypted(blob: Optional[int]) -> bytes:
    if not blob:
        raise DhtError(Code.SECURITY)
    return take_blob(blob)


def _optional(identity: Optional[Identity], name: str) -> Identity:
    return Identity() if identity is None else expect(identity, Identity, name)
