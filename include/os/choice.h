/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters that take one of a few words. */
#ifndef OS_CHOICE_H
#define OS_CHOICE_H

#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

/**
 * struct os_choice - a parameter and its words
 * @words: the words
 * @count: how many
 * @value: the index of the one chosen
 */
struct os_choice {
	const char *const	*words;
	size_t			count;
	int			value;
};

static inline int os_choice_set(const char *value, const struct kernel_param *param)
{
	struct os_choice *choice = param->arg;
	int index = __sysfs_match_string(choice->words, choice->count, value);
	size_t i;

	if (index >= 0) {
		choice->value = index;
		return 0;
	}
	pr_err("%s=%s: must be one of:", param->name, value);
	for (i = 0; i < choice->count; i++)
		pr_cont(" %s", choice->words[i]);
	pr_cont("\n");
	return index;
}

static inline int os_choice_get(char *buffer, const struct kernel_param *param)
{
	const struct os_choice *choice = param->arg;

	return sysfs_emit(buffer, "%s\n", choice->words[choice->value]);
}

/* A read-only parameter @name whose words are the array @words; its value is @name.value. */
#define os_choice_param(name, words_)                                            \
	static struct os_choice name = {                                         \
		.words = words_,                                                 \
		.count = ARRAY_SIZE(words_),                                     \
	};                                                                       \
	static const struct kernel_param_ops name##_ops = {                      \
		.set = os_choice_set,                                            \
		.get = os_choice_get,                                            \
	};                                                                       \
	module_param_cb(name, &name##_ops, &name, 0444)

#endif
