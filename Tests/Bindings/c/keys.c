// Keys and certificates. The folder holds what openssl made.
#include "probe.h"

int main(int count, char **arguments) {
  if (count < 2) return 2;
  const char *folder = arguments[1];
  size_t size, need;
  char out[8192], small[10];

  dht_privatekey *key = dht_privatekey_generate(2048);
  if (!fact(key != NULL, "generate", "NULL")) return 1;
  dht_publickey *half = dht_privatekey_get_publickey(key);
  need = sizeof small;
  int code = dht_publickey_export(half, small, &need);
  fact(code == -51 && need == 294, "B-9 publickey_export into 10 bytes is -51 and the size", "%d, %zu", code, need);
  size = sizeof out;
  code = dht_publickey_export(half, out, &size);
  fact(code == 0 && size == 294, "publickey_export", "%d, %zu", code, size);
  dht_infohash id = dht_publickey_get_id(half), expected;
  dht_infohash_get(&expected, (const uint8_t *)out, size);
  fact(!memcmp(&id, &expected, sizeof id), "get_id is SHA-1 of the export", "%s", dht_infohash_print(&id));
  dht_publickey *again = dht_publickey_import((const uint8_t *)out, size);
  dht_pkid one = dht_publickey_get_long_id(half), two = dht_publickey_get_long_id(again);
  fact(again && !memcmp(&one, &two, sizeof one), "publickey_import of DER", "%s", dht_pkid_print(&two));
  fact(!dht_publickey_import((const uint8_t *)"nonsense", 8), "publickey_import of nonsense is NULL", "a key");

  need = sizeof small;
  code = dht_privatekey_export(key, small, &need, "");
  size_t wanted = need;
  fact(code == -51 && need > 1600 && need < 1800, "B-9 privatekey_export into 10 bytes is -51 and the size", "%d, %zu", code,
       need);
  size = sizeof out;
  memset(out, 'x', sizeof out);
  code = dht_privatekey_export(key, out, &size, "");
  fact(code == 0 && size + 1 == wanted && !strncmp(out, "-----BEGIN PRIVATE KEY-----\n", 28),
       "privatekey_export is PEM, one less than the size needed", "%d, %zu of %zu: %.30s", code, size, wanted, out);
  fact(out[size] == 0 && strlen(out) == size, "the PEM is terminated", "%d", out[size]);
  size_t none = 0;
  fact(dht_privatekey_export(key, NULL, &size, "") == -1 && dht_privatekey_export(key, out, NULL, "") == -1 &&
           dht_privatekey_export(key, out, &none, "") == -1,
       "privatekey_export without room is -1", "not -1");
  size = sizeof out;
  dht_privatekey_export(key, out, &size, "");
  dht_privatekey *reread = dht_privatekey_import((const uint8_t *)out, size, "");
  dht_publickey *reread_half = dht_privatekey_get_publickey(reread);
  two = dht_publickey_get_long_id(reread_half);
  fact(!memcmp(&one, &two, sizeof one), "privatekey_import of the export", "%s", dht_pkid_print(&two));
  size = sizeof out;
  code = dht_privatekey_export(key, out, &size, "secret");
  fact(code == 0 && !strncmp(out, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38), "privatekey_export with a password",
       "%d: %.40s", code, out);
  fact(!dht_privatekey_import((const uint8_t *)out, size, "wrong"), "a wrong password opens nothing", "a key");
  fact(!dht_privatekey_import((const uint8_t *)"nonsense", 8, NULL), "privatekey_import of nonsense is NULL", "a key");
  if (count > 2) {
    // For the other library to read.
    FILE *file = fopen(arguments[2], "wb");
    fwrite(out, 1, size, file);
    fclose(file);
    printf("id %s\n", dht_pkid_print(&one));
  }

  char text[500];
  memset(text, 't', sizeof text);
  dht_blob *sealed = dht_publickey_encrypt(half, text, 10), *hybrid = dht_publickey_encrypt(half, text, 500);
  dht_data_view view = dht_blob_get_data(sealed), long_view = dht_blob_get_data(hybrid);
  fact(view.size == 256, "10 bytes encrypted are 256", "%zu", view.size);
  fact(long_view.size == 784, "500 bytes encrypted are 784", "%zu", long_view.size);
  dht_blob *opened = dht_privatekey_decrypt(key, (const char *)view.data, view.size);
  dht_data_view plain = dht_blob_get_data(opened);
  fact(plain.size == 10 && !memcmp(plain.data, text, 10), "decrypt of 10 bytes", "%zu", plain.size);
  dht_blob *opened_long = dht_privatekey_decrypt(reread, (const char *)long_view.data, long_view.size);
  plain = dht_blob_get_data(opened_long);
  fact(plain.size == 500 && !memcmp(plain.data, text, 500), "decrypt of 500 bytes", "%zu", plain.size);
  fact(!dht_privatekey_decrypt(key, text, 500) && !dht_privatekey_decrypt(key, text, 3), "decrypt of nonsense is NULL", "a blob");

  // What openssl made.
  size_t key_size, der_size, public_size, public_pem_size, certificate_size, certificate_der_size, signature_size;
  uint8_t *pem = contents(folder, "key.pem", &key_size), *der = contents(folder, "key.der", &der_size),
          *public_der = contents(folder, "public.der", &public_size),
          *public_pem = contents(folder, "public.pem", &public_pem_size),
          *certificate_pem = contents(folder, "certificate.pem", &certificate_size),
          *certificate_der = contents(folder, "certificate.der", &certificate_der_size),
          *signature = contents(folder, "signature", &signature_size);
  dht_privatekey *theirs = dht_privatekey_import(pem, key_size, NULL), *theirs_der = dht_privatekey_import(der, der_size, NULL);
  fact(theirs && theirs_der, "privatekey_import of PEM and DER", "%p %p", (void *)theirs, (void *)theirs_der);
  size_t pkcs1_size;
  uint8_t *pkcs1 = contents(folder, "pkcs1.der", &pkcs1_size);
  dht_privatekey *older = dht_privatekey_import(pkcs1, pkcs1_size, NULL);
  fact(older != NULL, "privatekey_import of PKCS#1 DER", "NULL");
  dht_privatekey_delete(older);
  free(pkcs1);
  dht_publickey *theirs_half = dht_privatekey_get_publickey(theirs_der), *given = dht_publickey_import(public_der, public_size),
                *given_pem = dht_publickey_import(public_pem, public_pem_size);
  one = dht_publickey_get_long_id(theirs_half), two = dht_publickey_get_long_id(given);
  dht_pkid three = dht_publickey_get_long_id(given_pem);
  fact(!memcmp(&one, &two, sizeof one) && !memcmp(&one, &three, sizeof one), "publickey_import of PEM and DER of openssl", "%s",
       dht_pkid_print(&two));
  dht_certificate *certificate = dht_certificate_import(certificate_pem, certificate_size),
                  *from_der = dht_certificate_import(certificate_der, certificate_der_size);
  if (fact(certificate && from_der, "certificate_import of PEM and DER", "%p %p", (void *)certificate, (void *)from_der)) {
    two = dht_certificate_get_long_id(certificate), three = dht_certificate_get_long_id(from_der);
    fact(!memcmp(&one, &two, sizeof one) && !memcmp(&one, &three, sizeof one), "the certificate has the long id of its key",
         "%s", dht_pkid_print(&two));
    id = dht_certificate_get_id(certificate), expected = dht_publickey_get_id(given);
    fact(!memcmp(&id, &expected, sizeof id), "the certificate has the id of its key", "%s", dht_infohash_print(&id));
    dht_publickey *of_certificate = dht_certificate_get_publickey(certificate);
    fact(dht_publickey_check_signature(of_certificate, "abc", 3, (const char *)signature, signature_size),
         "check_signature accepts one of openssl", "refused");
    dht_publickey_delete(of_certificate);
  }
  fact(!dht_publickey_check_signature(given, "abd", 3, (const char *)signature, signature_size) &&
           !dht_publickey_check_signature(half, "abc", 3, (const char *)signature, signature_size) &&
           !dht_publickey_check_signature(given, "abc", 3, "no", 2),
       "check_signature refuses others", "accepted");
  fact(!dht_certificate_import((const uint8_t *)"nonsense", 8), "certificate_import of nonsense is NULL", "one");

  free(pem), free(der), free(public_der), free(public_pem), free(certificate_pem), free(certificate_der), free(signature);
  dht_certificate_delete(certificate), dht_certificate_delete(from_der);
  dht_privatekey_delete(key), dht_privatekey_delete(reread), dht_privatekey_delete(theirs), dht_privatekey_delete(theirs_der);
  dht_publickey_delete(half), dht_publickey_delete(again), dht_publickey_delete(reread_half), dht_publickey_delete(theirs_half);
  dht_publickey_delete(given), dht_publickey_delete(given_pem);
  dht_blob_delete(sealed), dht_blob_delete(hybrid), dht_blob_delete(opened), dht_blob_delete(opened_long);
  return failures != 0;
}
