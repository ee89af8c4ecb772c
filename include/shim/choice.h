/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module parameters that take one of a few words:
 *
 *	static const char *const fruit_words[] = { "apple", "pear", NULL };
 *	static struct shim_choice fruit = { fruit_words };
 *	module_param_cb(fruit, &shim_choice_ops, &fruit, 0444);
 */
#ifndef SHIM_CHOICE_H
#define SHIM_CHOICE_H

#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

/**
 * struct shim_choice - a parameter and its words
 * @words: the words, NULL after the last
 * @value: the index of the one chosen
 */
struct shim_choice {
	const char *const	*words;
	int			value;
};

static inline void shim_choice_join(char *buffer, size_t size, const char *const *words)
{
	size_t used = 0;

	for (; *words; words++)
		used += scnprintf(buffer + used, size - used, " %s", *words);
}

static inline int shim_choice_set(const char *value, const struct kernel_param *param)
{
	struct shim_choice *choice = param->arg;
	int index = __sysfs_match_string(choice->words, -1, value);
	char words[80];

	if (index < 0) {
		shim_choice_join(words, sizeof(words), choice->words);
		pr_err("%s=%s: must be one of:%s\n", param->name, value, words);
		return index;
	}
	choice->value = index;
	return 0;
}

static inline int shim_choice_get(char *buffer, const struct kernel_param *param)
{
	const struct shim_choice *choice = param->arg;

	return sysfs_emit(buffer, "%s\n", choice->words[choice->value]);
}

static const struct kernel_param_ops shim_choice_ops __maybe_unused = {
	.set	= shim_choice_set,
	.get	= shim_choice_get,
};

#endif
