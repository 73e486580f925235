#include "kist/udisks/service.hpp"

#include "kist/os/directory.hpp"

#include "udisks/message.hpp"

namespace kist::udisks {
namespace {

constexpr const char* kService = "org.freedesktop.UDisks2";
constexpr const char* kManagerPath = "/org/freedesktop/UDisks2/Manager";
constexpr const char* kManager = "org.freedesktop.UDisks2.Manager";
constexpr const char* kBlock = "org.freedesktop.UDisks2.Block";
constexpr const char* kEncrypted = "org.freedesktop.UDisks2.Encrypted";
constexpr const char* kFilesystem = "org.freedesktop.UDisks2.Filesystem";

Message request(sd_bus* bus, const std::string& path, const char* interface, const char* method) {
    sd_bus_message* message = nullptr;
    require(sd_bus_message_new_method_call(bus, &message, kService, path.c_str(), interface, method),
            std::string("cannot ask udisks to ") + method);
    return Message(message);
}

std::string doing(const char* what, const Object& object) {
    return std::string("cannot ") + what + " " + os::printable(object.path.substr(object.path.rfind('/') + 1)) +
           " through udisks";
}

// One property, opened at its value.
Message property(sd_bus* bus, const Object& object, const char* interface, const char* name, const char* type) {
    auto message = request(bus, object.path, "org.freedesktop.DBus.Properties", "Get");
    const auto what = doing("look at", object);
    require(sd_bus_message_append(message.get(), "ss", interface, name), what);
    auto reply = call(bus, std::move(message), what);
    require(sd_bus_message_enter_container(reply.get(), 'v', type), what);
    return reply;
}

// An array of bytes that ends in NUL: a path.
std::string read_path(sd_bus_message* message, const std::string& what) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    require(sd_bus_message_read_array(message, 'y', &bytes, &size), what);
    const std::string text(static_cast<const char*>(bytes), size);
    return text.substr(0, text.find('\0'));
}

}  // namespace

void Service::Close::operator()(sd_bus* bus) const noexcept {
    sd_bus_flush_close_unref(bus);
}

std::optional<Service> Service::find() {
    sd_bus* bus = nullptr;
    if (sd_bus_open_system(&bus) < 0) return std::nullopt;
    Service service(bus);
    try {
        property(bus, {kManagerPath}, kManager, "Version", "s");
    } catch (const Error&) {
        return std::nullopt;
    }
    return service;
}

std::optional<Object> Service::device(const std::string& path) {
    const auto what = "cannot find " + os::printable(path) + " through udisks";
    auto message = request(bus_.get(), kManagerPath, kManager, "ResolveDevice");
    require(sd_bus_message_append(message.get(), "a{sv}a{sv}", 1, "path", "s", path.c_str(), 0), what);
    const auto reply = call(bus_.get(), std::move(message), what);
    require(sd_bus_message_enter_container(reply.get(), 'a', "o"), what);
    const char* object = nullptr;
    const int got = sd_bus_message_read(reply.get(), "o", &object);
    require(got, what);
    return got > 0 ? std::optional(Object{object}) : std::nullopt;
}

std::string Service::text_property(const Object& object, const char* interface, const char* name, char type) {
    const char signature[] = {type, '\0'};
    const auto reply = property(bus_.get(), object, interface, name, signature);
    const char* text = nullptr;
    require(sd_bus_message_read_basic(reply.get(), type, static_cast<void*>(&text)), doing("look at", object));
    return text;
}

std::optional<Object> Service::object_property(const Object& object, const char* interface, const char* name) {
    auto path = text_property(object, interface, name, 'o');
    return path == "/" ? std::nullopt : std::optional(Object{std::move(path)});
}

std::string Service::type(const Object& object) {
    return text_property(object, kBlock, "IdType", 's');
}

std::string Service::uuid(const Object& object) {
    return text_property(object, kBlock, "IdUUID", 's');
}

std::string Service::label(const Object& object) {
    return text_property(object, kBlock, "IdLabel", 's');
}

std::string Service::device_path(const Object& object) {
    const auto reply = property(bus_.get(), object, kBlock, "Device", "ay");
    return read_path(reply.get(), doing("look at", object));
}

std::optional<Object> Service::decrypted(const Object& encrypted) {
    return object_property(encrypted, kEncrypted, "CleartextDevice");
}

std::optional<Object> Service::encrypted(const Object& decrypted) {
    return object_property(decrypted, kBlock, "CryptoBackingDevice");
}

std::optional<std::string> Service::mount_point(const Object& object) {
    const auto what = doing("look at", object);
    const auto reply = property(bus_.get(), object, kFilesystem, "MountPoints", "aay");
    require(sd_bus_message_enter_container(reply.get(), 'a', "ay"), what);
    if (sd_bus_message_at_end(reply.get(), 0) > 0) return std::nullopt;
    return read_path(reply.get(), what);
}

// The key as bytes, since a passphrase argument would end at its first NUL.
Object Service::unlock(const Object& encrypted, const Secret& key, os::Access access) {
    const auto what = doing("unlock", encrypted);
    auto message = request(bus_.get(), encrypted.path, kEncrypted, "Unlock");
    auto* m = message.get();
    require(sd_bus_message_sensitive(m), what);  // wiped when it is freed
    require(sd_bus_message_append(m, "s", ""), what);
    require(sd_bus_message_open_container(m, 'a', "{sv}"), what);
    require(sd_bus_message_open_container(m, 'e', "sv"), what);
    require(sd_bus_message_append(m, "s", "keyfile_contents"), what);
    require(sd_bus_message_open_container(m, 'v', "ay"), what);
    require(sd_bus_message_append_array(m, 'y', key.expose().data(), key.size()), what);
    require(sd_bus_message_close_container(m), what);
    require(sd_bus_message_close_container(m), what);
    const int read_only = access == os::Access::read_only ? 1 : 0;
    require(sd_bus_message_append(m, "{sv}", "read-only", "b", read_only), what);
    require(sd_bus_message_close_container(m), what);
    const auto reply = call(bus_.get(), std::move(message), what);
    const char* object = nullptr;
    require(sd_bus_message_read(reply.get(), "o", &object), what);
    return {object};
}

std::string Service::mount(const Object& object, os::Access access) {
    const auto what = doing("mount", object);
    auto message = request(bus_.get(), object.path, kFilesystem, "Mount");
    const char* options = access == os::Access::read_only ? "ro,noatime" : "noatime";
    require(sd_bus_message_append(message.get(), "a{sv}", 1, "options", "s", options), what);
    const auto reply = call(bus_.get(), std::move(message), what);
    const char* path = nullptr;
    require(sd_bus_message_read(reply.get(), "s", &path), what);
    return path;
}

void Service::unmount(const Object& object) {
    auto message = request(bus_.get(), object.path, kFilesystem, "Unmount");
    require(sd_bus_message_append(message.get(), "a{sv}", 0), doing("unmount", object));
    call(bus_.get(), std::move(message), doing("unmount", object));
}

void Service::lock(const Object& encrypted) {
    auto message = request(bus_.get(), encrypted.path, kEncrypted, "Lock");
    require(sd_bus_message_append(message.get(), "a{sv}", 0), doing("lock", encrypted));
    call(bus_.get(), std::move(message), doing("lock", encrypted));
}

}  // namespace kist::udisks
