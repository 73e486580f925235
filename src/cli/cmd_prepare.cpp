#include "kist/base/byte_count.hpp"
#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/volume_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

ByteCount parse_size(const std::string& option, const std::string& text) {
    const auto size = parse_byte_count(text);
    if (!size)
        throw Error(ErrorCode::usage, fmt::format("{} {} is no size", option, os::printable(text)),
                    "Sizes look like 4G, 512M or 1.5T.");
    return *size;
}

class Prepare : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The container file to make", Presence::required);
        options.text("--size", "SIZE", size_, "Its size: 4G, 512M");
        options.text("--at", "DIR", mount_point_, "Mount it at this empty folder (default: /run/kist/LABEL)");
        options.text("--label", "LABEL", label_, "The volume's name, at most 16 bytes (default: kist)");
        options.text("--pbkdf-memory", "SIZE", kdf_memory_, "Memory that a try of a passphrase costs (default: 256M)");
        options.number("--iter-time", "MS", kdf_milliseconds_, "Time that it costs, in milliseconds (default: 2000)");
        options.footer(
            "Example:\n  kist prepare disk.kist --size 4G\n\n"
            "The volume is a LUKS2 container with ext4 in it, as cryptsetup makes them. It stays open; `kist close`\n"
            "closes it.");
    }

    ExitCode run(Context& context) override {
        const auto options = volume_options();
        const auto key = read_key(context.options.key, KeyPurpose::protect, os::printable(target_));
        auto volume = volume::prepare(options, key);
        create_repository(context, volume);
        report(context, volume, options);
        return ExitCode::done;
    }

  private:
    volume::PrepareOptions volume_options() const {
        if (size_.empty())
            throw Error(ErrorCode::usage, "prepare needs the size of the container",
                        fmt::format("For example: kist prepare {} --size 4G", os::printable(target_)));
        volume::PrepareOptions options;
        options.path = target_;
        options.size = parse_size("--size", size_);
        if (!label_.empty()) options.label = label_;
        options.mount_point = mount_point_;
        if (!kdf_memory_.empty()) options.kdf.memory = parse_size("--pbkdf-memory", kdf_memory_);
        if (kdf_milliseconds_ > 0) options.kdf.time = std::chrono::milliseconds(kdf_milliseconds_);
        return options;
    }

    // A volume without a repository would be of no use, and in the way of the next try.
    void create_repository(Context& context, volume::MountedVolume& volume) const {
        try {
            repository::Repository::create(volume.mount_point(), binding_of(volume.identity()));
        } catch (...) {
            try {
                volume.close();
                unlink(target_.c_str());
            } catch (const Error& error) {
                context.console.error(error.message());
            }
            throw;
        }
    }

    void report(Context& context, const volume::MountedVolume& volume, const volume::PrepareOptions& options) const {
        if (context.json()) {
            Json line{{"type", "prepared"}};
            put_volume(line, volume.description());
            line["size"] = options.size.value;
            context.output.json(line);
            return;
        }
        const auto mount_point = os::printable(volume.mount_point());
        context.output.line(fmt::format("Made {}: {}, LUKS2 (aes-xts-plain64, argon2id) with ext4, UUID {}",
                                        os::printable(volume.description().container), to_string(options.size),
                                        to_string(volume.identity().luks)));
        context.output.line(
            fmt::format("It is open at {} ({} engine). Next:", mount_point, to_text(volume.description().engine)));
        context.output.line("  kist backup FOLDER    back up a folder into it");
        context.output.line("  kist status           see how things are");
        context.output.line(fmt::format("  kist close {}", os::printable(target_)));
    }

    std::string target_;
    std::string size_;
    std::string mount_point_;
    std::string label_;
    std::string kdf_memory_;
    std::int64_t kdf_milliseconds_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_prepare() {
    return std::make_unique<Prepare>();
}

}  // namespace kist::cli
