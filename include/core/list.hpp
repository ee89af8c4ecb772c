// SPDX-License-Identifier: GPL-2.0-only
// An intrusive list: an element has a member node_ that ListNode is a friend of, so insertion
// allocates nothing and removal searches nothing.  An element that is destroyed leaves its list; a
// list that is destroyed releases its elements.
//
// Nothing here locks.  A list that is GUARDED_BY() a lock guards its nodes, too: they change
// through the list only.  The destructor of a node is the exception: where it could race, the
// element is removed before.
#pragma once

namespace core {

template <typename T>
class List;

template <typename T>
class ListNode {
public:
	ListNode() = default;
	~ListNode() { unlink(); }
	ListNode(const ListNode&) = delete;
	ListNode& operator=(const ListNode&) = delete;

private:
	friend class List<T>;

	static ListNode& of(T& element) { return element.node_; }
	static const ListNode& of(const T& element) { return element.node_; }

	void link(T& self, T** at)
	{
		next_ = *at;
		link_ = at;
		if (next_)
			of(*next_).link_ = &next_;
		*at = &self;
	}

	void unlink()
	{
		if (!link_)
			return;
		*link_ = next_;
		if (next_)
			of(*next_).link_ = link_;
		next_ = nullptr;
		link_ = nullptr;
	}

	T* next_ = nullptr;
	T** link_ = nullptr;  // the pointer to this element, nullptr while it is in no list
};

template <typename T>
class List {
public:
	class Iterator {
	public:
		explicit Iterator(T* element)
			: element_(element)
		{
		}
		T& operator*() const { return *element_; }
		Iterator& operator++()
		{
			element_ = ListNode<T>::of(*element_).next_;
			return *this;
		}
		bool operator==(const Iterator&) const = default;

	private:
		T* element_;
	};

	// For range-for.  The loop must not remove the element that it is at.
	class Range {
	public:
		explicit Range(T* first)
			: first_(first)
		{
		}
		Iterator begin() const { return Iterator(first_); }
		Iterator end() const { return Iterator(nullptr); }

	private:
		T* first_;
	};

	List() = default;
	~List()
	{
		while (first_)
			remove(*first_);
	}
	List(const List&) = delete;
	List& operator=(const List&) = delete;

	bool empty() const { return !first_; }
	// Of a list that is not empty.
	T& front() const { return *first_; }
	Iterator begin() const { return Iterator(first_); }
	Iterator end() const { return Iterator(nullptr); }
	// The elements that follow `element`.
	static Range after(const T& element) { return Range(ListNode<T>::of(element).next_); }

	// The element must be in no list.
	void prepend(T& element) { ListNode<T>::of(element).link(element, &first_); }
	// Walks the list.
	void append(T& element)
	{
		T** at = &first_;
		while (*at)
			at = &ListNode<T>::of(**at).next_;
		ListNode<T>::of(element).link(element, at);
	}
	// Does nothing where the element is in no list.
	void remove(T& element) { ListNode<T>::of(element).unlink(); }

private:
	T* first_ = nullptr;
};

}  // namespace core
