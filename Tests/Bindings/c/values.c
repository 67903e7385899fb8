// Values and their handles, without a node.
#include "probe.h"

int main(void) {
  uint8_t bytes[] = {0, 1, 2, 255};
  dht_value *value = dht_value_new(bytes, sizeof bytes);
  bytes[1] = 9;
  dht_data_view view = dht_value_get_data(value);
  fact(view.size == 4 && !memcmp(view.data, "\0\1\2\xff", 4), "value_new copies", "%zu", view.size);
  fact(dht_value_get_id(value) == 0, "B-8 a new value has no id", "%llx", (unsigned long long)dht_value_get_id(value));
  fact(!strcmp(dht_value_get_user_type(value), ""), "a new value has no user type", "%s", dht_value_get_user_type(value));
  fact(!dht_value_get_owner(value), "a new value has no owner", "one");
  dht_infohash recipient = dht_value_get_recipient(value);
  fact(dht_infohash_is_zero(&recipient), "a new value has no recipient", "%s", dht_infohash_print(&recipient));

  dht_value *handle = dht_value_ref(value);
  fact(handle && handle != value, "value_ref gives another handle", "%p %p", (void *)handle, (void *)value);
  char type[] = "some/type";
  dht_value_set_user_type(value, type);
  type[0] = 'S';
  fact(!strcmp(dht_value_get_user_type(handle), "some/type"), "set_user_type copies, and every handle shows it", "%s",
       dht_value_get_user_type(handle));
  dht_value_unref(value);
  view = dht_value_get_data(handle);
  fact(view.size == 4 && view.data[3] == 255, "a value lives while a handle does", "%zu", view.size);
  dht_value_unref(handle);

  value = dht_value_new_from_string("hello");
  view = dht_value_get_data(value);
  fact(view.size == 5 && !memcmp(view.data, "hello", 5), "new_from_string holds the characters", "%zu", view.size);
  fact(!strcmp(dht_value_get_user_type(value), "text/plain"), "new_from_string is text/plain", "%s",
       dht_value_get_user_type(value));
  dht_value_unref(value);

  value = dht_value_new(bytes, 0);
  fact(dht_value_get_data(value).size == 0, "a value may be empty", "%zu", dht_value_get_data(value).size);
  dht_value_unref(value);
  return failures != 0;
}
