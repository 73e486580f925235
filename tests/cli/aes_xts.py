"""AES-256-XTS with the plain64 tweak over 512-byte sectors, by OpenSSL itself: what a LUKS1 volume's data must look like,
found out without kist and without dm-crypt."""

import ctypes
import ctypes.util

SECTOR_SIZE = 512


class Context:
    """OpenSSL's EVP_CIPHER_CTX, keyed once."""

    def __init__(self, key, encrypting):
        self.crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
        for name in ["EVP_CIPHER_CTX_new", "EVP_aes_256_xts"]:
            getattr(self.crypto, name).restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.crypto.EVP_CIPHER_CTX_new())
        cipher = ctypes.c_void_p(self.crypto.EVP_aes_256_xts())
        self.require(self.crypto.EVP_CipherInit_ex(self.context, cipher, None, key, bytes(16), int(encrypting)))

    def sector(self, number, data):
        tweak = number.to_bytes(16, "little")
        result, size = ctypes.create_string_buffer(SECTOR_SIZE), ctypes.c_int()
        self.require(self.crypto.EVP_CipherInit_ex(self.context, None, None, None, tweak, -1))
        self.require(self.crypto.EVP_CipherUpdate(self.context, result, ctypes.byref(size), data, SECTOR_SIZE))
        assert size.value == SECTOR_SIZE
        return result.raw

    def require(self, result):
        if result != 1:
            raise AssertionError("OpenSSL refuses")

    def free(self):
        self.crypto.EVP_CIPHER_CTX_free(self.context)


def convert(key, data, encrypting):
    context = Context(key, encrypting)
    try:
        return b"".join(context.sector(place // SECTOR_SIZE, data[place:place + SECTOR_SIZE])
                        for place in range(0, len(data), SECTOR_SIZE))
    finally:
        context.free()


def encrypt(key, data):
    return convert(key, data, True)


def decrypt(key, data):
    return convert(key, data, False)
