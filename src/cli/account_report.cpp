#include "cli/account_report.hpp"

#include "kist/os/directory.hpp"

#include "cli/json_names.hpp"

#include <fmt/format.h>

namespace kist::cli {

ExitCode print_written(Context& context, const std::string& name, const WrittenAccount& written) {
    if (context.json()) {
        Json line{{"type", "account"}, {"name", name}, {"included", written.is_included}};
        put_path(line, "file", written.path);
        if (!written.password_path.empty()) put_path(line, "password_file", written.password_path);
        context.output.json(line);
    } else {
        context.output.line(fmt::format("{} is written to {}.", name, os::printable(written.path)));
        if (!written.password_path.empty())
            context.output.line(
                fmt::format("Its password is in {}, for you alone.", os::printable(written.password_path)));
        if (written.is_main_new)
            context.output.line(fmt::format("{} is new, and takes it in.", os::printable(written.main_path)));
        if (written.is_included) context.output.line(fmt::format("`kist backup {}` backs it up.", name));
    }
    if (written.is_included) return ExitCode::done;
    context.console.error(fmt::format("{} does not take it in yet", os::printable(written.main_path)));
    context.console.hint(fmt::format("Put this line at the beginning of that file: {}", include_line()));
    return ExitCode::incomplete;
}

}  // namespace kist::cli
